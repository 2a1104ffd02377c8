using System.CommandLine;
using System.Text;
using CodeSign.Cli.Output;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Cli.Commands;

/// <summary>Certificates of an environment's current key.</summary>
internal static class CertificateCommands
{
    private static readonly Argument<string> Environment = EnvironmentName.NewArgument();

    private static readonly Argument<string> ChainFile = new("FILE") { Description = "The certificate and its chain, leaf first, PEM (or one DER)" };

    private static readonly Option<string> Subject = new("--subject")
    {
        Description = "Its subject, for instance \"CN=Example Ltd,O=Example Ltd,C=DE\"",
        HelpName = "NAME",
        Required = true,
    };

    private static readonly Option<string[]> DnsNames = new("--dns") { Description = "A DNS name in the request; several times for several", HelpName = "NAME" };

    private static readonly Option<string?> Out = new("--out") { Description = "Where to write it (default: standard output)", HelpName = "FILE" };

    private static readonly Option<bool> Leaf = new("--leaf") { Description = "Only the key's own certificate, without its chain" };

    public static Command BuildCertificate(CommandLine line) => CommandLine.Group(
        "certificate",
        "Certificates of keys (client certificates: 'csctl user certificate')",
        line.Define("show", "Writes the current key's certificate and chain as PEM", Show, Environment, ProjectNames.Option, Leaf, Out),
        line.Define("import", "Stores the certificate a CA issued for the current key", Import, Environment, ChainFile, ProjectNames.Option),
        line.Define(
            "self-sign",
            "Makes a self-signed code-signing certificate for the current key",
            SelfSign,
            Environment,
            ProjectNames.Option,
            Subject,
            EnvironmentCommands.Days,
            Out));

    public static Command BuildCsr(CommandLine line) => line.Define(
        "csr", "Makes a certificate signing request (PKCS#10) for the current key", Csr, Environment, ProjectNames.Option, Subject, DnsNames, Out);

    /// <summary>An environment whose keys are all destroyed.</summary>
    internal static CommandFault NoKey(EnvironmentName name) =>
        CommandFault.NotFound($"{name} has no key: it was destroyed; 'csctl key rotate' makes a new one.");

    private static EnvironmentName Name(Invocation invocation) => EnvironmentName.Of(invocation, invocation.Get(Environment));

    private static void Show(Invocation invocation)
    {
        EnvironmentName name = Name(invocation);
        Key key = EnvironmentCommands.Find(invocation, name).Keys.FirstOrDefault(candidate => candidate.Current) ?? throw NoKey(name);
        ByteString[] chain = [.. key.Chain];
        if (chain.Length == 0)
        {
            throw CommandFault.NotFound($"The current key of {name} has no certificate; 'csctl csr' and 'csctl certificate import' give it one.");
        }

        WritePem(invocation, [.. invocation.Get(Leaf) ? chain[..1] : chain]);
    }

    private static void Import(Invocation invocation)
    {
        EnvironmentName name = Name(invocation);
        ImportCertificateRequest request = new() { Project = name.Project, Environment = name.Name };
        request.Chain.AddRange(CertificateFiles.Read(invocation.Get(ChainFile)).Select(der => ByteString.CopyFrom(der)));
        invocation.Printer.One(
            invocation.Ask(OperationCode.ImportCertificate, request, ImportCertificateResponse.Parser).Environment, Views.Environments);
    }

    private static void SelfSign(Invocation invocation)
    {
        EnvironmentName name = Name(invocation);
        CreateSelfSignedRequest request = new()
        {
            Project = name.Project,
            Environment = name.Name,
            Subject = invocation.Get(Subject),
            Days = invocation.Get(EnvironmentCommands.Days),
        };
        WritePem(invocation, [invocation.Ask(OperationCode.CreateSelfSigned, request, CreateSelfSignedResponse.Parser).Certificate]);
    }

    private static void Csr(Invocation invocation)
    {
        EnvironmentName name = Name(invocation);
        CreateCsrRequest request = new() { Project = name.Project, Environment = name.Name, Subject = invocation.Get(Subject) };
        request.DnsNames.AddRange(invocation.Get(DnsNames) ?? []);
        ByteString csr = invocation.Ask(OperationCode.CreateCsr, request, CreateCsrResponse.Parser).Csr;
        invocation.Write(invocation.Get(Out), Encoding.ASCII.GetBytes(CertificateFiles.ToPem("CERTIFICATE REQUEST", csr.Span)));
    }

    private static void WritePem(Invocation invocation, IReadOnlyList<ByteString> certificates) => invocation.Write(
        invocation.Get(Out),
        Encoding.ASCII.GetBytes(string.Concat(certificates.Select(der => CertificateFiles.ToPem("CERTIFICATE", der.Span)))));
}
