using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using CodeSign.Benchmarks;

// `dotnet run -c Release --project tests/CodeSign.Benchmarks -- records` measures CPU time per audit record, which BenchmarkDotNet does
// not; everything else goes to BenchmarkDotNet: `-- --filter '*' --job short`.
if (args is ["records", ..])
{
    await RecordCost.RunAsync(Console.Out);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(RecordCost).Assembly).Run(args, DefaultConfig.Instance);
