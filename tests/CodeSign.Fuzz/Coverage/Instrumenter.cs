using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace CodeSign.Fuzz.Coverage;

/// <summary>
/// Puts probes into a copy of the product's assemblies. Numbers are given in the order of the code, so the same build gets the same
/// ones, and a run with the same seed goes the same way.
/// </summary>
internal sealed class Instrumenter
{
    private const string OwnAssembly = "CodeSign.Fuzz";
    private const string PlantedNamespace = "CodeSign.Fuzz.Planted";

    private readonly StatementMap _map = new();
    private int _branches;

    /// <summary>Instruments every assembly of ours in a folder, in place, and writes the map of statements beside them.</summary>
    public static void Run(string folder)
    {
        Instrumenter instrumenter = new();
        foreach (string path in Directory.GetFiles(folder, "*.dll").Order(StringComparer.Ordinal).Where(IsOurs))
        {
            instrumenter.Instrument(path);
        }

        instrumenter._map.Write(folder);
        Console.WriteLine($"Instrumented {instrumenter._branches} branches and {instrumenter._map.Count} statements.");
    }

    private static bool IsOurs(string path) =>
        Path.GetFileName(path) is string name && (name.StartsWith("CodeSign.", StringComparison.Ordinal) || name is "codesignd.dll" or "csctl.dll");

    private void Instrument(string path)
    {
        using DefaultAssemblyResolver resolver = new();
        resolver.AddSearchDirectory(Path.GetDirectoryName(path));
        using ModuleDefinition module = ModuleDefinition.ReadModule(
            path, new ReaderParameters { InMemory = true, ReadSymbols = true, AssemblyResolver = resolver });
        bool isOwn = string.Equals(module.Assembly.Name.Name, OwnAssembly, StringComparison.Ordinal);
        MethodReference branch = Reference(module, isOwn, nameof(Probe.Branch));
        MethodReference statement = Reference(module, isOwn, nameof(Probe.Statement));
        foreach (TypeDefinition type in module.GetTypes().Where(type => !isOwn || IsPlanted(type)))
        {
            foreach (MethodDefinition method in type.Methods.Where(method => method.HasBody && method.Body.Instructions.Count > 0))
            {
                Instrument(method, branch, statement);
            }
        }

        module.Write(path, new WriterParameters { WriteSymbols = true });
    }

    private static MethodReference Reference(ModuleDefinition module, bool isOwn, string method) => isOwn
        ? module.GetType(typeof(Probe).FullName).Methods.Single(one => string.Equals(one.Name, method, StringComparison.Ordinal))
        : module.ImportReference(typeof(Probe).GetMethod(method));

    private static bool IsPlanted(TypeDefinition type)
    {
        TypeDefinition outer = type;
        while (outer.DeclaringType is { } declaring)
        {
            outer = declaring;
        }

        return string.Equals(outer.Namespace, PlantedNamespace, StringComparison.Ordinal);
    }

    private void Instrument(MethodDefinition method, MethodReference branch, MethodReference statement)
    {
        MethodBody body = method.Body;
        body.SimplifyMacros();
        HashSet<Instruction> branches = BranchStarts(body);
        ILProcessor il = body.GetILProcessor();
        foreach (Instruction at in body.Instructions.ToArray())
        {
            SequencePoint? line = method.DebugInformation.GetSequencePoint(at);
            if (line is { IsHidden: false })
            {
                Insert(il, at, statement, _map.Add(line.Document.Url, line.StartLine));
            }

            if (branches.Contains(at))
            {
                Insert(il, at, branch, ++_branches);
            }
        }

        body.OptimizeMacros();
    }

    // The instruction itself becomes the call's argument, and a copy follows: whatever jumps to it, or ends before it, stays right.
    private static void Insert(ILProcessor il, Instruction at, MethodReference probe, int number)
    {
        Instruction copy = il.Create(OpCodes.Nop);
        copy.OpCode = at.OpCode;
        copy.Operand = at.Operand;
        il.InsertAfter(at, copy);
        il.InsertAfter(at, il.Create(OpCodes.Call, probe));
        at.OpCode = OpCodes.Ldc_I4;
        at.Operand = number;
    }

    private static HashSet<Instruction> BranchStarts(MethodBody body)
    {
        HashSet<Instruction> starts = [body.Instructions[0]];
        foreach (Instruction instruction in body.Instructions)
        {
            if (instruction.OpCode.FlowControl == FlowControl.Cond_Branch)
            {
                starts.Add(instruction.Next);
            }

            if (instruction.Operand is Instruction target)
            {
                starts.Add(target);
            }
            else if (instruction.Operand is Instruction[] targets)
            {
                starts.UnionWith(targets);
            }
        }

        foreach (ExceptionHandler handler in body.ExceptionHandlers)
        {
            starts.Add(handler.HandlerStart);
            if (handler.FilterStart is { } filter)
            {
                starts.Add(filter);
            }
        }

        return starts;
    }
}
