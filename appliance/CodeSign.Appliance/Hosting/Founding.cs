using System.Security.Cryptography;
using CodeSign.Appliance.Administration;
using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Governance;
using CodeSign.Appliance.Store;
using CodeSign.Appliance.Tls;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodeSign.Appliance.Hosting;

/// <summary>Makes an appliance where there is none. What fails on the way leaves no half-made one behind.</summary>
internal sealed class Founding
{
    public const string KeyFileName = "seal.key";

    public required string Folder { get; init; }

    /// <summary>As the configuration writes it, or null for the default.</summary>
    public string? Listen { get; init; }

    public string? Https { get; init; }

    public IReadOnlyList<string> HostNames { get; init; } = [];

    public required string Administrator { get; init; }

    private string ConfigurationPath => Path.Combine(Folder, ApplianceOptions.FileName);

    /// <exception cref="StoreException">There is one already.</exception>
    public void RefuseExisting()
    {
        string database = new ApplianceOptions { Folder = Folder }.Database;
        if (File.Exists(database))
        {
            throw new StoreException($"There is an appliance in {Folder} already: `codesignd run --data {Folder}` starts it.");
        }

        if (File.Exists(ConfigurationPath) && (Listen is not null || Https is not null || HostNames.Count > 0))
        {
            throw new ConfigurationException($"{ConfigurationPath} is there already: set addresses and host names in it, not here.");
        }
    }

    /// <summary>Makes it; the fingerprint of its CA.</summary>
    public async Task<string> RunAsync(SecretBytes? passphrase, string? keyFile, SecretBytes password, CancellationToken cancel)
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (!Directory.Exists(Folder))
        {
            Directory.CreateDirectory(Folder, OwnerOnly);
        }
        else if ((File.GetUnixFileMode(Folder) & ~OwnerOnly) != UnixFileMode.None && Directory.EnumerateFileSystemEntries(Folder).Any())
        {
            // /etc given by mistake must not be closed to everybody.
            throw new StoreException($"{Folder} is shared with others and not empty: an appliance wants a folder of its own, mode 0700.");
        }

        File.SetUnixFileMode(Folder, OwnerOnly);
        using DataFolderLock folder = DataFolderLock.Acquire(Folder);
        RefuseExisting();
        bool ownConfiguration = !File.Exists(ConfigurationPath);
        string? keyPath = passphrase is null ? Path.GetFullPath(keyFile ?? Path.Combine(Folder, KeyFileName)) : null;
        if (ownConfiguration)
        {
            await File.WriteAllTextAsync(ConfigurationPath, ConfigurationText(keyPath), cancel);
        }

        ApplianceOptions? options = null;
        try
        {
            options = ApplianceOptions.Load(Folder, null);
            if (keyPath is null)
            {
                return await FoundAsync(options, new PassphraseSeal(passphrase!), password, cancel);
            }

            MakeKeyFile(keyPath);
            using KeyFileSeal seal = KeyFileSeal.Read(keyPath);
            return await FoundAsync(options, seal, password, cancel);
        }
        catch
        {
            if (ownConfiguration)
            {
                File.Delete(ConfigurationPath);
            }

            if (options is not null)
            {
                foreach (string file in new[] { options.Database, options.Database + "-wal", options.Database + "-shm", options.AuthorityFile })
                {
                    File.Delete(file);
                }
            }

            throw;
        }
    }

    public string NextSteps(string fingerprint)
    {
        ApplianceOptions options = ApplianceOptions.Load(Folder, null);
        string https = options.Https is null ? "" : $"\n  HTTPS (/healthz, /ca.pem)  {options.Https}";
        return $"""
            The appliance is ready in {Folder}.
              clients connect to         {options.Listen}{https}
              its CA (ca.pem)            {fingerprint}
              first administrator        {Administrator}

            Next:
              codesignd run --data {Folder}
              csctl trust add https://{options.HostNames[0]}:{options.Listen.Port} --fingerprint {fingerprint}
              csctl login --user {Administrator}
            Keep the passphrase or key file of the seal apart from backups: without it nobody opens the appliance again, with it
            and a backup anybody does.

            """;
    }

    /// <summary>A key file of random bytes, unless the operator brings one.</summary>
    private static void MakeKeyFile(string path)
    {
        if (File.Exists(path))
        {
            return;
        }

        using SecretBytes key = SecretBytes.Random(KeyFileSeal.KeyBytesMin);
        byte[] text = new byte[KeyFileSeal.KeyBytesMin * 2];
        Convert.TryToHexStringLower(key.Span, text, out _);
        using (FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(text);
            file.Flush(flushToDisk: true);
        }

        CryptographicOperations.ZeroMemory(text);
    }

    private async Task<string> FoundAsync(ApplianceOptions options, ISeal seal, SecretBytes password, CancellationToken cancel)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        RootKey root = RootKey.Create();
        ApplianceStore store = ApplianceStore.Create(options.Database, root, seal, TimeProvider.System);
        await using Composition composition = Composition.Over(options, store, root, new DoorFacts(), NullLoggerFactory.Instance);
        using OwnAuthority authority = OwnAuthority.Create(now);
        using SecretBytes authorityKey = authority.ExportKey();
        TlsAuthority row = new()
        {
            Id = TlsAuthority.OwnId,
            Certificate = Convert.ToBase64String(authority.Certificate.RawData),
            Created = now,
        };
        await store.CommitAsync(
            _ => new StoreChange().Put(row, authorityKey).Record(new AuditEvent
            {
                Event = "appliance.init",
                Actor = "local",
                Outcome = "ok",
                Detail = $"{seal.Kind} seal, CA {authority.Fingerprint}",
            }),
            cancel);
        await using (LocalClient client = composition.Talk())
        {
            CreateUserRequest administrator = new() { Name = Administrator, Kind = "user", Roles = { nameof(ApplianceRole.Administrator) } };
            await client.CallAsync(OperationCode.CreateUser, administrator, CreateUserResponse.Parser, password, cancel);
        }

        await File.WriteAllTextAsync(options.AuthorityFile, authority.Certificate.ExportCertificatePem() + "\n", cancel);
        return authority.Fingerprint;
    }

    private string ConfigurationText(string? keyPath)
    {
        string[] hosts = HostNames.Count > 0 ? [.. HostNames] : ["localhost", "127.0.0.1"];
        return $"""
            # codesignd: what can be set is explained in the manual (docs/codesignd.md).
            listen = {Listen ?? "127.0.0.1:7443"}
            https = {Https ?? "127.0.0.1:8443"}
            host_name = {string.Join(", ", hosts)}
            {(keyPath is null ? "# passphrase_file = /path/of/the/passphrase" : $"key_file = {keyPath}")}

            """;
    }
}
