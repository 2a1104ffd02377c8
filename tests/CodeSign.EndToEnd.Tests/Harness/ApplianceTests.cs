using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using CodeSign.Tests;

namespace CodeSign.EndToEnd.Tests.Harness;

/// <summary>A story told with an appliance: up when first needed, a bench for clients, and what most stories ask for.</summary>
public abstract class ApplianceTests : IDisposable
{
    private readonly Workbench _bench = new();
    private ApplianceFolder? _appliance;

    /// <summary>How often what may be repeated is repeated: few times here, the full number by eng/soak.sh.</summary>
    private protected static int Repetitions { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("CODESIGN_REPETITIONS"), CultureInfo.InvariantCulture, out int n) ? n : 20;

    private protected Workbench Bench => _bench;

    private protected ApplianceFolder Appliance => _appliance ??= Start();

    public TestContext TestContext { get; set; } = null!;

    public void Dispose()
    {
        try
        {
            _bench.Dispose();
        }
        finally
        {
            // Whatever happened, no daemon is left behind.
            if (_appliance is not null)
            {
                Down(_appliance);
            }
        }
        GC.SuppressFinalize(this);
    }

    private protected virtual ApplianceFolder Up() => ApplianceFolder.Up();

    private protected virtual void Down(ApplianceFolder appliance) => appliance.Dispose();

    private protected static byte[] RandomDigest() => RandomNumberGenerator.GetBytes(32);

    /// <summary>A process with the module, logged in, with the key found.</summary>
    private protected Driver Driver(string key, out ulong handle)
    {
        Driver driver = new(_bench, Appliance.Module);
        handle = driver.Begin(Appliance, key);
        return driver;
    }

    /// <summary>Clients of this bench go to another address, through a proxy say.</summary>
    private protected void ConnectThrough(string address)
    {
        string original = Appliance["CODESIGN_CONFIG"];
        string changed = Path.Combine(Path.GetDirectoryName(original)!, $"through-{address.Replace(':', '-')}.conf");
        File.WriteAllLines(changed, File.ReadLines(original).Select(line =>
            line.StartsWith("server", StringComparison.Ordinal) ? $"server = {address}" : line));
        _bench.Set("CODESIGN_CONFIG", changed);
    }

    private protected string ServerAddress()
    {
        using JsonDocument endpoints = JsonDocument.Parse(File.ReadAllText(Path.Combine(Appliance["CODESIGN_DATA"], "endpoints.json")));
        return endpoints.RootElement.GetProperty("listen").GetString()!;
    }

    /// <summary>The appliance's own count of signatures.</summary>
    private protected long SignaturesCounted()
    {
        using JsonDocument status = JsonDocument.Parse(Appliance.Admin($"status --output json").Succeeds().Output);
        return status.RootElement.GetProperty("signatures").GetInt64();
    }

    private protected ECDsa PublicKey(string environment)
    {
        using X509Certificate2 certificate = Certificate(environment);
        return certificate.GetECDsaPublicKey()!;
    }

    private protected X509Certificate2 Certificate(string environment) => X509Certificate2.CreateFromPem(
        Appliance.Csctl($"certificate show {Appliance.TokenLabel}/{environment} --leaf").Succeeds().Output);

    private ApplianceFolder Start()
    {
        ApplianceFolder appliance = Up();
        _bench.Set("CODESIGN_CONFIG", appliance["CODESIGN_CONFIG"]);
        return appliance;
    }
}
