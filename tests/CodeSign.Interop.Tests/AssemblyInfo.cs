[assembly: Parallelize(Scope = ExecutionScope.MethodLevel)]
[assembly: TestCategory("Interop")]
