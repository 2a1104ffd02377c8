using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace CodeSign.Interop.DotnetClient;

/// <summary>
/// Signs a file with one key: at once, in parts (mechanisms that hash), and from four threads with four sessions each. Writes each
/// signature to NAME.sig in the form openssl reads. Usage: MODULE TOKEN PIN ID KEY-NAME FILE, or token MODULE TOKEN PIN SO-PIN
/// (<see cref="TokenWalk"/>).
/// </summary>
internal static class Program
{
    // Pkcs11Interop 5.3.0 has no name for it (PKCS#11 v3.0, 6.3.15).
    private const ulong CkmEddsa = 0x1057;
    private const int Threads = 4;
    private const int SessionsPerThread = 4;

    private static int Main(string[] arguments)
    {
        // It asks for "libdl", which glibc 2.34 and later have under its full name only.
        NativeLibrary.SetDllImportResolver(typeof(Pkcs11InteropFactories).Assembly, (name, _, _) =>
            name is "libdl" ? NativeLibrary.Load("libdl.so.2") : IntPtr.Zero);
        try
        {
            if (arguments[0] is "token")
            {
                Walk(arguments[1], arguments[2], arguments[3], arguments[4]);
                return 0;
            }
            Sign(arguments[0], arguments[1], arguments[2], Convert.FromHexString(arguments[3]), arguments[4], File.ReadAllBytes(arguments[5]));
            return 0;
        }
        catch (Pkcs11Exception refused)
        {
            Console.Error.WriteLine($"{refused.Method}: {refused.RV}");
            return 1;
        }
    }

    private static void Walk(string module, string label, string pin, string soPin)
    {
        Pkcs11InteropFactories factories = new();
        using IPkcs11Library library = factories.Pkcs11LibraryFactory.LoadPkcs11Library(factories, module, AppType.MultiThreaded);
        ISlot slot = library.GetSlotList(SlotsType.WithTokenPresent).Single(s => string.Equals(s.GetTokenInfo().Label, label, StringComparison.Ordinal));
        new TokenWalk(library, slot, pin, soPin).Run();
    }

    private static void Sign(string module, string label, string pin, byte[] id, string keyName, byte[] data)
    {
        Pkcs11InteropFactories factories = new();
        using IPkcs11Library library = factories.Pkcs11LibraryFactory.LoadPkcs11Library(factories, module, AppType.MultiThreaded);
        ISlot slot = library.GetSlotList(SlotsType.WithTokenPresent).Single(s => string.Equals(s.GetTokenInfo().Label, label, StringComparison.Ordinal));
        using ISession first = slot.OpenSession(SessionType.ReadOnly);
        first.Login(CKU.CKU_USER, pin);
        KeyUse use = new(factories, keyName, id, data);
        use.SignAtOnce(first, "first");
        if (use.TakesParts)
        {
            use.SignInParts(first, "parts");
        }

        using CountdownEvent finished = new(Threads);
        List<Exception> failures = [];
        for (int thread = 0; thread < Threads; thread++)
        {
            string name = thread.ToString(CultureInfo.InvariantCulture);
            new Thread(() =>
            {
                try
                {
                    for (int i = 0; i < SessionsPerThread; i++)
                    {
                        using ISession session = slot.OpenSession(SessionType.ReadOnly);
                        use.SignAtOnce(session, $"{name}-{i}");
                    }
                }
                catch (Pkcs11Exception refused)
                {
                    lock (failures)
                    {
                        failures.Add(refused);
                    }
                }
                finally
                {
                    finished.Signal();
                }
            }).Start();
        }
        finished.Wait();
        first.Logout();
        if (failures.Count > 0)
        {
            throw failures[0];
        }
    }

    /// <summary>How one key signs one file.</summary>
    private sealed class KeyUse(Pkcs11InteropFactories factories, string name, byte[] id, byte[] data)
    {
        private bool IsRsa => name.Contains("rsa", StringComparison.Ordinal);

        private bool IsEdwards => name is "ed25519";

        public bool TakesParts => IsRsa;

        public void SignAtOnce(ISession session, string file)
        {
            byte[] input = IsRsa || IsEdwards ? data : Hash();
            Write(file, session.Sign(Mechanism(session), Find(session), input));
        }

        public void SignInParts(ISession session, string file)
        {
            using MemoryStream stream = new(data);
            Write(file, session.Sign(Mechanism(session), Find(session), stream, 100));
        }

        private byte[] Hash() => name switch
        {
            "p384" => SHA384.HashData(data),
            "p521" => SHA512.HashData(data),
            _ => SHA256.HashData(data),
        };

        private IMechanism Mechanism(ISession session) => session.Factories.MechanismFactory.Create(
            IsRsa ? (ulong)CKM.CKM_SHA256_RSA_PKCS : IsEdwards ? CkmEddsa : (ulong)CKM.CKM_ECDSA);

        private IObjectHandle Find(ISession session) => session.FindAllObjects(
        [
            factories.ObjectAttributeFactory.Create(CKA.CKA_CLASS, CKO.CKO_PRIVATE_KEY),
            factories.ObjectAttributeFactory.Create(CKA.CKA_ID, id),
        ])[0];

        private void Write(string file, byte[] signature)
        {
            // openssl reads ECDSA as a DER sequence of two integers.
            byte[] stored = IsRsa || IsEdwards ? signature : DerOfTwoIntegers(signature);
            File.WriteAllBytes($"{file}.sig", stored);
        }

        private static byte[] DerOfTwoIntegers(byte[] signature)
        {
            System.Formats.Asn1.AsnWriter writer = new(System.Formats.Asn1.AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                writer.WriteInteger(new System.Numerics.BigInteger(signature.AsSpan(0, signature.Length / 2), isUnsigned: true, isBigEndian: true));
                writer.WriteInteger(new System.Numerics.BigInteger(signature.AsSpan(signature.Length / 2), isUnsigned: true, isBigEndian: true));
            }
            return writer.Encode();
        }
    }
}
