using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;

namespace CodeSign.Appliance.Custody;

/// <summary>Argon2id, version 1.3 (RFC 9106), with the parameters kept beside what they made.</summary>
/// <param name="MemoryKib">Memory, KiB.</param>
/// <param name="Passes">Iterations.</param>
/// <param name="Lanes">Parallelism; part of the result, not of how many threads work.</param>
internal readonly record struct Argon2(int MemoryKib, int Passes, int Lanes)
{
    /// <summary>Bytes of the salt (RFC 9106 section 3.1 recommends 16 for passwords).</summary>
    public const int SaltBytes = 16;

    /// <summary>Parameters read from a file may not stop the appliance: 1 GiB at most.</summary>
    public const int MemoryKibMax = 1024 * 1024;

    public const int PassesMax = 64;

    public const int LanesMax = 16;

    /// <summary>RFC 9106 section 4, second recommendation: 64 MiB, 3 passes, 4 lanes.</summary>
    public static Argon2 ForPassphrase => new(64 * 1024, 3, 4);

    /// <summary>
    /// For passwords and PINs, where somebody waits and several may come at once. A stolen database can't be guessed at without the
    /// root key anyway; 19 MiB and 2 passes is the least that is advised where there is no such key.
    /// </summary>
    public static Argon2 ForPassword => new(19 * 1024, 2, 1);

    /// <summary>Whether these are parameters we would work with; RFC 9106 section 3.1 wants 8 KiB a lane at least.</summary>
    public bool IsReasonable =>
        MemoryKib is >= 8 and <= MemoryKibMax && Passes is >= 1 and <= PassesMax && Lanes is >= 1 and <= LanesMax
        && MemoryKib >= 8 * Lanes;

    /// <summary>The tag, as long as <paramref name="tag"/>.</summary>
    public void Derive(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, Span<byte> tag)
    {
        Argon2Parameters parameters = new Argon2Parameters.Builder(Argon2Parameters.Argon2id)
            .WithVersion(Argon2Parameters.Version13)
            .WithMemoryAsKB(MemoryKib)
            .WithIterations(Passes)
            .WithParallelism(Lanes)
            .WithSalt(salt.ToArray())
            .Build();
        Argon2BytesGenerator generator = new();
        generator.Init(parameters);

        // The generator wants arrays: pinned, so that no collection copies them, and zeroed.
        byte[] input = GC.AllocateUninitializedArray<byte>(password.Length, pinned: true);
        byte[] output = GC.AllocateUninitializedArray<byte>(tag.Length, pinned: true);
        try
        {
            password.CopyTo(input);
            generator.GenerateBytes(input, output);
            output.CopyTo(tag);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(input);
            CryptographicOperations.ZeroMemory(output);
        }
    }
}
