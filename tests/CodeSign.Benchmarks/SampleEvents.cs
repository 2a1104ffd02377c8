using System.Globalization;
using CodeSign.Appliance.Store;

namespace CodeSign.Benchmarks;

internal static class SampleEvents
{
    /// <summary>What a signature by a CI job leaves in the log.</summary>
    public static AuditEvent Sign(int number) => new()
    {
        Event = "sign",
        Actor = "alice",
        Project = "demo",
        Environment = "p256",
        Key = "00112233445566778899aabbccddeeff",
        Mechanism = "CKM_ECDSA",
        Hash = "sha256",
        Digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        SignatureSha256 = "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b",
        Request = number.ToString("x32", CultureInfo.InvariantCulture),
        Outcome = "ok",
        Claimed = new() { Program = "/usr/bin/osslsigncode", User = "builder", Host = "ci-17", Pid = 4711 },
    };
}
