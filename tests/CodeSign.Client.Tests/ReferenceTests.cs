using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace CodeSign.Client.Tests;

/// <summary>What the library would bring into a foreign process, read from its metadata.</summary>
[TestClass]
public sealed class ReferenceTests
{
    private static readonly string[] BannedAssemblies = ["System.Net.Sockets", "System.Net.Security", "System.Diagnostics.Process", "System.Console"];

    private static readonly string[] BannedTypes =
    [
        "System.Threading.Tasks.Task", "System.Threading.Tasks.Task`1", "System.Threading.Tasks.ValueTask", "System.Threading.Tasks.Parallel",
        "System.Threading.ThreadPool", "System.Threading.Timer", "System.Threading.Thread", "System.Threading.ITimer",
        "System.Threading.SemaphoreSlim", "System.Threading.PeriodicTimer", "System.Threading.CancellationTokenSource",
        "System.Diagnostics.Process", "System.Console",
    ];

    private static readonly string[] PermittedCryptography = ["CryptographicOperations.FixedTimeEquals", "CryptographicOperations.ZeroMemory"];

    [TestMethod]
    public void The_library_refers_to_no_assembly_that_starts_threads_or_loads_libcrypto()
    {
        using PEReader file = Open(out MetadataReader metadata);
        foreach (AssemblyReferenceHandle handle in metadata.AssemblyReferences)
        {
            Assert.DoesNotContain(metadata.GetString(metadata.GetAssemblyReference(handle).Name), BannedAssemblies);
        }
    }

    [TestMethod]
    public void The_library_refers_to_no_type_that_starts_threads()
    {
        using PEReader file = Open(out MetadataReader metadata);
        foreach (TypeReferenceHandle handle in metadata.TypeReferences)
        {
            Assert.DoesNotContain(FullName(metadata, handle), BannedTypes);
        }
    }

    [TestMethod]
    public void Of_dotnets_cryptography_the_library_uses_what_needs_no_libcrypto()
    {
        using PEReader file = Open(out MetadataReader metadata);
        foreach (MemberReferenceHandle handle in metadata.MemberReferences)
        {
            MemberReference member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind != HandleKind.TypeReference)
            {
                continue;
            }

            string type = FullName(metadata, (TypeReferenceHandle)member.Parent);
            const string Cryptography = "System.Security.Cryptography.";
            if (type.StartsWith(Cryptography, StringComparison.Ordinal))
            {
                Assert.Contains(type[Cryptography.Length..] + "." + metadata.GetString(member.Name), PermittedCryptography);
            }
        }

        foreach (TypeReferenceHandle handle in metadata.TypeReferences)
        {
            string type = FullName(metadata, handle);
            Assert.IsTrue(
                !type.StartsWith("System.Security.Cryptography.", StringComparison.Ordinal)
                    || type.EndsWith(".CryptographicOperations", StringComparison.Ordinal),
                type);
        }
    }

    private static string FullName(MetadataReader metadata, TypeReferenceHandle handle)
    {
        TypeReference type = metadata.GetTypeReference(handle);
        return metadata.GetString(type.Namespace) + "." + metadata.GetString(type.Name);
    }

    private static PEReader Open(out MetadataReader metadata)
    {
        PEReader file = new(File.OpenRead(typeof(ApplianceClient).Assembly.Location));
        metadata = file.GetMetadataReader();
        return file;
    }
}
