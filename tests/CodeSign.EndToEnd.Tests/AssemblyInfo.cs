[assembly: Parallelize(Scope = ExecutionScope.ClassLevel)]
[assembly: TestCategory("EndToEnd")]
