using System.Security.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace CodeSign.Interop.DotnetClient;

/// <summary>
/// A walk over what Pkcs11Interop's high-level API offers, on a token of its own that it empties first: slots, sessions, logins, PINs,
/// objects of every class, generation, digests, and what is refused by which return value. Usage: token MODULE TOKEN PIN SO-PIN.
/// </summary>
internal sealed class TokenWalk(IPkcs11Library library, ISlot slot, string pin, string soPin)
{
    private readonly Pkcs11InteropFactories _factories = new();

    public void Run()
    {
        Step("slots", Slots);
        Step("token initialised", InitialiseToken);
        Step("sessions", Sessions);
        Step("pins", Pins);
        using ISession session = slot.OpenSession(SessionType.ReadWrite);
        session.Login(CKU.CKU_USER, pin);
        Step("data", () => DataObjects(session));
        Step("certificate", () => CertificateObject(session));
        Step("secret keys", () => SecretKeys(session));
        Step("session objects", () => SessionObjects(session));
        Step("digests", () => Digests(session));
        Step("random", () => Random(session));
        new MechanismWalk(_factories, slot, session, pin).Run();
        session.Logout();
        Refused(CKR.CKR_USER_NOT_LOGGED_IN, session.Logout);
        Step("events", Events);
    }

    internal static void Step(string name, Action walk)
    {
        walk();
        Console.WriteLine($"ok: {name}");
    }

    internal static void Check(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what);
        }
    }

    internal static void Refused(CKR expected, Action call)
    {
        try
        {
            call();
        }
        catch (Pkcs11Exception refused) when (refused.RV == expected)
        {
            return;
        }
        throw new InvalidOperationException($"was not refused with {expected}");
    }

    private void Slots()
    {
        ILibraryInfo info = library.GetInfo();
        Check(info.ManufacturerId is "CodeSign" && info.CryptokiVersion is "3.2" or "2.40", $"C_GetInfo: {info.ManufacturerId} {info.CryptokiVersion}");
        Check(library.GetSlotList(SlotsType.WithOrWithoutTokenPresent).Count == library.GetSlotList(SlotsType.WithTokenPresent).Count, "slots without token");
        Check(slot.GetSlotInfo().SlotFlags.TokenPresent, "CKF_TOKEN_PRESENT");
        Check(slot.GetTokenInfo().TokenFlags is { LoginRequired: true, Rng: true, TokenInitialized: true, WriteProtected: false }, "flags of the token");
        foreach (CKM mechanism in slot.GetMechanismList())
        {
            IMechanismInfo about = slot.GetMechanismInfo(mechanism);
            Check(about.MinKeySize <= about.MaxKeySize, mechanism.ToString());
        }
        Refused(CKR.CKR_MECHANISM_INVALID, () => slot.GetMechanismInfo(CKM.CKM_RC4));
    }

    private void InitialiseToken()
    {
        string label = slot.GetTokenInfo().Label;
        using (slot.OpenSession(SessionType.ReadOnly))
        {
            Refused(CKR.CKR_SESSION_EXISTS, () => slot.InitToken(soPin, label));
        }
        Refused(CKR.CKR_PIN_INCORRECT, () => slot.InitToken("not-" + soPin, label));
        slot.InitToken(soPin, label);
        Check(!slot.GetTokenInfo().TokenFlags.UserPinInitialized, "no user PIN after C_InitToken");
        using ISession session = slot.OpenSession(SessionType.ReadWrite);
        Refused(CKR.CKR_USER_PIN_NOT_INITIALIZED, () => session.Login(CKU.CKU_USER, pin));
        session.Login(CKU.CKU_SO, soPin);
        session.InitPin(pin);
        session.Logout();
        Check(slot.GetTokenInfo().TokenFlags.UserPinInitialized, "a user PIN after C_InitPIN");
    }

    private void Sessions()
    {
        // Not disposed: C_CloseAllSessions ends them.
        ISession reading = slot.OpenSession(SessionType.ReadOnly);
        ISession writing = slot.OpenSession(SessionType.ReadWrite);
        Check(reading.GetSessionInfo().State == CKS.CKS_RO_PUBLIC_SESSION, "R/O public");
        Check(writing.GetSessionInfo() is { State: CKS.CKS_RW_PUBLIC_SESSION } info && info.SlotId == slot.SlotId, "R/W public");
        Refused(CKR.CKR_SESSION_READ_ONLY_EXISTS, () => writing.Login(CKU.CKU_SO, soPin));
        writing.Login(CKU.CKU_USER, pin);
        Check(reading.GetSessionInfo().State == CKS.CKS_RO_USER_FUNCTIONS, "R/O user");
        Check(writing.GetSessionInfo().State == CKS.CKS_RW_USER_FUNCTIONS, "R/W user");
        Refused(CKR.CKR_USER_ALREADY_LOGGED_IN, () => reading.Login(CKU.CKU_USER, pin));
        Refused(CKR.CKR_USER_ANOTHER_ALREADY_LOGGED_IN, () => reading.Login(CKU.CKU_SO, soPin));
        Refused(CKR.CKR_SESSION_READ_ONLY, () => reading.CreateObject(Note("read-only")));
        Refused(CKR.CKR_FUNCTION_NOT_PARALLEL, writing.GetFunctionStatus);
        Refused(CKR.CKR_FUNCTION_NOT_PARALLEL, writing.CancelFunction);
        slot.CloseAllSessions();
        Refused(CKR.CKR_SESSION_HANDLE_INVALID, () => writing.GetSessionInfo());
    }

    private void Pins()
    {
        const string other = "another-4711";
        using ISession session = slot.OpenSession(SessionType.ReadWrite);
        Refused(CKR.CKR_PIN_INCORRECT, () => session.Login(CKU.CKU_USER, "not-" + pin));
        Check(slot.GetTokenInfo().TokenFlags.UserPinCountLow, "CKF_USER_PIN_COUNT_LOW");
        session.Login(CKU.CKU_USER, pin);
        Check(!slot.GetTokenInfo().TokenFlags.UserPinCountLow, "no CKF_USER_PIN_COUNT_LOW after a login");
        Refused(CKR.CKR_PIN_LEN_RANGE, () => session.SetPin(pin, "1234"));
        session.SetPin(pin, other);
        session.SetPin(other, pin);
        Refused(CKR.CKR_USER_NOT_LOGGED_IN, () => session.InitPin(other));
        session.Logout();
        session.Login(CKU.CKU_SO, soPin);
        Check(session.GetSessionInfo().State == CKS.CKS_RW_SO_FUNCTIONS, "R/W SO");
        session.SetPin(soPin, other);
        session.SetPin(other, soPin);
        session.Logout();
    }

    private void DataObjects(ISession session)
    {
        IObjectHandle made = session.CreateObject(Note("first"));
        Check(session.GetObjectSize(made) > 0, "C_GetObjectSize");
        IObjectHandle copy = session.CopyObject(made, [Of(CKA.CKA_LABEL, "copied")]);
        session.SetAttributeValue(made, [Of(CKA.CKA_LABEL, "changed")]);
        Refused(CKR.CKR_ATTRIBUTE_READ_ONLY, () => session.SetAttributeValue(made, [Of(CKA.CKA_CLASS, CKO.CKO_CERTIFICATE)]));
        List<IObjectAttribute> read = session.GetAttributeValue(made, [CKA.CKA_LABEL, CKA.CKA_VALUE, CKA.CKA_MODULUS]);
        Check(read[0].GetValueAsString() is "changed" && read[1].GetValueAsString() is "value", "attributes of data");
        Check(read[2].CannotBeRead, "data have no modulus");
        Check(session.FindAllObjects([Of(CKA.CKA_LABEL, "copied")]).Single().ObjectId == copy.ObjectId, "found by label");
        Check(session.FindAllObjects([Of(CKA.CKA_CLASS, CKO.CKO_DATA)]).Count == 2, "found by class");
        session.FindObjectsInit([]);
        Refused(CKR.CKR_OPERATION_ACTIVE, () => session.FindObjectsInit([]));
        Check(session.FindObjects(1).Count == 1, "one at a time");
        session.FindObjectsFinal();
        Refused(CKR.CKR_OPERATION_NOT_INITIALIZED, session.FindObjectsFinal);
        session.DestroyObject(made);
        session.DestroyObject(copy);
        Refused(CKR.CKR_OBJECT_HANDLE_INVALID, () => session.GetObjectSize(made));
    }

    private void CertificateObject(ISession session)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        System.Security.Cryptography.X509Certificates.CertificateRequest request = new("CN=walk", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
        IObjectHandle made = session.CreateObject(
        [
            Of(CKA.CKA_CLASS, CKO.CKO_CERTIFICATE), Of(CKA.CKA_CERTIFICATE_TYPE, CKC.CKC_X_509), Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_LABEL, "certificate"),
            Of(CKA.CKA_SUBJECT, certificate.SubjectName.RawData), Of(CKA.CKA_VALUE, certificate.RawData),
        ]);
        Check(session.GetAttributeValue(made, [CKA.CKA_VALUE])[0].GetValueAsByteArray().AsSpan().SequenceEqual(certificate.RawData), "certificate as it was");
        Refused(CKR.CKR_TEMPLATE_INCOMPLETE, () => session.CreateObject(
            [Of(CKA.CKA_CLASS, CKO.CKO_CERTIFICATE), Of(CKA.CKA_CERTIFICATE_TYPE, CKC.CKC_X_509), Of(CKA.CKA_VALUE, certificate.RawData)]));
        session.DestroyObject(made);
    }

    private void SecretKeys(ISession session)
    {
        IObjectHandle aes = session.GenerateKey(
            _factories.MechanismFactory.Create(CKM.CKM_AES_KEY_GEN), [Of(CKA.CKA_VALUE_LEN, 32), Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_LABEL, "aes")]);
        List<IObjectAttribute> made = session.GetAttributeValue(aes, [CKA.CKA_SENSITIVE, CKA.CKA_EXTRACTABLE, CKA.CKA_LOCAL, CKA.CKA_VALUE, CKA.CKA_VALUE_LEN]);
        Check(made[0].GetValueAsBool() && !made[1].GetValueAsBool() && made[2].GetValueAsBool() && made[4].GetValueAsUlong() == 32, "a secret key is closed");
        Check(made[3].CannotBeRead, "CKA_VALUE of a secret key");
        byte[] value = RandomNumberGenerator.GetBytes(24);
        IObjectHandle open = session.CreateObject(
        [
            Of(CKA.CKA_CLASS, CKO.CKO_SECRET_KEY), Of(CKA.CKA_KEY_TYPE, CKK.CKK_GENERIC_SECRET), Of(CKA.CKA_VALUE, value), Of(CKA.CKA_TOKEN, true),
            Of(CKA.CKA_SENSITIVE, false), Of(CKA.CKA_EXTRACTABLE, true),
        ]);
        Check(session.GetAttributeValue(open, [CKA.CKA_VALUE])[0].GetValueAsByteArray().AsSpan().SequenceEqual(value), "an open key's value");
        session.SetAttributeValue(open, [Of(CKA.CKA_EXTRACTABLE, false)]);
        Check(session.GetAttributeValue(open, [CKA.CKA_VALUE])[0].CannotBeRead, "closed afterwards");
        Refused(CKR.CKR_ATTRIBUTE_READ_ONLY, () => session.SetAttributeValue(open, [Of(CKA.CKA_EXTRACTABLE, true)]));
        session.DestroyObject(open);
        session.DestroyObject(aes);
    }

    private void SessionObjects(ISession session)
    {
        using (ISession shorter = slot.OpenSession(SessionType.ReadOnly))
        {
            IObjectHandle gone = shorter.CreateObject([Of(CKA.CKA_CLASS, CKO.CKO_DATA), Of(CKA.CKA_TOKEN, false), Of(CKA.CKA_LABEL, "gone")]);
            Check(session.FindAllObjects([Of(CKA.CKA_LABEL, "gone")]).Single().ObjectId == gone.ObjectId, "seen by another session");
        }
        Check(session.FindAllObjects([Of(CKA.CKA_LABEL, "gone")]).Count == 0, "ends with its session");
    }

    private void Digests(ISession session)
    {
        byte[] data = RandomNumberGenerator.GetBytes(10_000);
        foreach ((CKM mechanism, byte[] expected) in new (CKM, byte[])[]
        {
            (CKM.CKM_SHA256, SHA256.HashData(data)), (CKM.CKM_SHA384, SHA384.HashData(data)), (CKM.CKM_SHA512, SHA512.HashData(data)),
        })
        {
            IMechanism digest = _factories.MechanismFactory.Create(mechanism);
            Check(session.Digest(digest, data).AsSpan().SequenceEqual(expected), $"{mechanism} at once");
            using MemoryStream stream = new(data);
            Check(session.Digest(digest, stream, 999).AsSpan().SequenceEqual(expected), $"{mechanism} in parts");
        }
        Refused(CKR.CKR_MECHANISM_INVALID, () => session.Digest(_factories.MechanismFactory.Create(CKM.CKM_RIPEMD160), data));
    }

    private static void Random(ISession session)
    {
        Check(!session.GenerateRandom(32).AsSpan().SequenceEqual(session.GenerateRandom(32)), "two random numbers");
        Refused(CKR.CKR_RANDOM_SEED_NOT_SUPPORTED, () => session.SeedRandom([1, 2, 3]));
    }

    // What happened to slots meanwhile is told once each.
    private void Events()
    {
        bool happened = true;
        for (int i = 0; happened && i < 100; i++)
        {
            library.WaitForSlotEvent(WaitType.NonBlocking, out happened, out _);
        }
        Check(!happened, "events end");
    }

    private List<IObjectAttribute> Note(string label) =>
        [Of(CKA.CKA_CLASS, CKO.CKO_DATA), Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_LABEL, label), Of(CKA.CKA_VALUE, "value")];

    private IObjectAttribute Of(CKA type, bool value) => _factories.ObjectAttributeFactory.Create(type, value);

    private IObjectAttribute Of(CKA type, string value) => _factories.ObjectAttributeFactory.Create(type, value);

    private IObjectAttribute Of(CKA type, byte[] value) => _factories.ObjectAttributeFactory.Create(type, value);

    private IObjectAttribute Of(CKA type, ulong value) => _factories.ObjectAttributeFactory.Create(type, value);

    private IObjectAttribute Of(CKA type, CKO value) => _factories.ObjectAttributeFactory.Create(type, value);

    private IObjectAttribute Of(CKA type, CKK value) => _factories.ObjectAttributeFactory.Create(type, value);

    private IObjectAttribute Of(CKA type, CKC value) => _factories.ObjectAttributeFactory.Create(type, value);
}
