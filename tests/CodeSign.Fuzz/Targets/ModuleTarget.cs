using CodeSign.Client;
using CodeSign.Cryptoki;
using CodeSign.Cryptoki.Templates;
using CodeSign.Fuzz.Engine;
using CodeSign.Fuzz.Targets.Hosts;
using CodeSign.P11;
using CodeSign.P11.Native;
using CodeSign.P11.Objects;
using CodeSign.P11.Sessions;
using CodeSign.P11.Signing;
using CodeSign.P11.Tokens;
using Google.Protobuf;
using WireObject = CodeSign.Wire.V1.Object;

namespace CodeSign.Fuzz.Targets;

/// <summary>
/// The module's marshalling: an input is a host's calls, one after the other, in one session. What a host may not do, it doesn't do
/// here either; what it may, it does with the worst it has.
/// </summary>
internal sealed unsafe class ModuleTarget : Target
{
    private const int CallsMax = 64;

    private readonly Module _module = HostProcess.Start();
    private readonly Token _token = HostProcess.NewToken();
    private readonly ulong[] _objects;

    // Objects that an input told, as an appliance would that has gone wrong.
    private readonly ulong[] _told = new ulong[4];

    public ModuleTarget() => _objects = HostProcess.TakeObjects(_module, _token);

    public override string Name => "module";

    public override IReadOnlyList<string> Scope =>
    [
        "native-p11-module/CodeSign.P11/Native/Buffers.cs",
        "native-p11-module/CodeSign.P11/Objects/TemplateReader.cs",
        "native-p11-module/CodeSign.P11/Objects/HostTemplate.cs",
        "native-p11-module/CodeSign.P11/Objects/TokenObject.cs",
        "native-p11-module/CodeSign.P11/Objects/CipherReader.cs",
        "native-p11-module/CodeSign.P11/Objects/ObjectFunctions.cs",
        "native-p11-module/CodeSign.P11/Objects/ObjectCache.cs",
        "native-p11-module/CodeSign.P11/Signing/MechanismReader.cs",
        "native-p11-module/CodeSign.P11/Signing/MessageInput.cs",
        "native-p11-module/CodeSign.P11/Signing/DigestOperation.cs",
        "native-p11-module/CodeSign.P11/Signing/VerifyFunctions.cs",
        "native-p11-module/CodeSign.P11/Signing/KeyCheck.cs",
        "native-p11-module/CodeSign.P11/Signing/KeyFacts.cs",
    ];

    public override int BytesMax => 2048;

    public override IEnumerable<byte[]> Words => [.. WordList.Cryptoki, .. WordList.Protobuf.Take(64)];

    public override IEnumerable<byte[]> Seeds =>
    [
        // Each call by itself, then with zeroes, then with a template of three attributes.
        .. Enumerable.Range(0, 24).Select(call => (byte[])[(byte)call]),
        .. Enumerable.Range(0, 24).Select(call => (byte[])[(byte)call, 0x33, .. WordList.Word((ulong)CKA.CKA_CLASS), 3, 8, .. WordList.Word(2), .. new byte[40]]),
        .. SignatureMechanism.All.SelectMany(row => ((byte[])[5, 8]).Select(call =>
            (byte[])[call, .. KeyFor(row, call), 1, .. WordList.Word((ulong)row.Mechanism), .. Pss(row), 9, 3, 4, 1, 2, 3, 4, 3, 8, .. new byte[16]])),
        .. SignatureMechanism.All.Select(row => (byte[])[8, .. KeyFor(row, 8), 3, .. WordList.Word((ulong)row.Mechanism), 9, 3, 4, 1, 2, 3, 4, 2, 1]),
        [20, 13, 0x13, .. WordList.Word((ulong)CKA.CKA_VALUE), 3, 16, .. new byte[16]],
        .. CipherMechanism.All.SelectMany(row => Enumerable.Range(0, 17).Select(bytes =>
            (byte[])[19, .. WordList.Word((ulong)row.Mechanism), 0, 3, (byte)bytes, .. new byte[bytes]])),
        [19, .. WordList.Word((ulong)CKM.CKM_RSA_PKCS_OAEP), 1, .. Oaep, 0],
        [19, .. WordList.Word((ulong)CKM.CKM_RSA_PKCS_OAEP), 1, .. Oaep[..16], 2, 3, 1, 1, 0],
        [19, .. WordList.Word((ulong)CKM.CKM_RSA_AES_KEY_WRAP), 2, .. WordList.Word(256), 1, .. Oaep, 0],
        [19, .. WordList.Word((ulong)CKM.CKM_RSA_AES_KEY_WRAP), 2, .. WordList.Word(255), 0, 0],
        [19, .. WordList.Word((ulong)CKM.CKM_AES_GCM), 3, .. WordList.Word(128), 3, 12, .. new byte[12], 3, 1, 1, 0],
        [19, .. WordList.Word((ulong)CKM.CKM_AES_GCM), 3, .. WordList.Word(127), 3, 12, .. new byte[12], 3, 1, 1, 0],
        [19, .. WordList.Word((ulong)CKM.CKM_AES_GCM), 4, .. WordList.Word(128), .. WordList.Word(0), 1, 3, 12, .. new byte[12], 3, 1, 1, 0],
        [19, .. WordList.Word((ulong)CKM.CKM_AES_GCM), 4, .. WordList.Word(128), .. WordList.Word(0), 2, 3, 12, .. new byte[12], 3, 1, 1, 0],
        [19, .. WordList.Word((ulong)CKM.CKM_AES_GCM), 4, .. WordList.Word(128), .. WordList.Word(0), 1, 3, 12, .. new byte[12], 3, 1, 1, 7],
        [0, 0x13, .. WordList.Word((ulong)CKA.CKA_UNWRAP_TEMPLATE), 0x13, .. WordList.Word((ulong)CKA.CKA_SIGN), 3, 1, 1],
        [3, 3, .. WordList.Word((ulong)CKM.CKM_SHA256), 18, 1, 1, 0, 1, 0, 18, 1, 1, 0, 1, 255, .. WordList.Word(1)],
        [20, 0, 0x23, .. WordList.Word((ulong)CKA.CKA_CLASS), 3, 8, .. WordList.Word((ulong)CKO.CKO_DATA), .. WordList.Word((ulong)CKA.CKA_LABEL), 3, 2, 1, 2],
        .. ((byte[])[3, 0x10, 0x13]).Select(kind => (byte[])
        [
            16, (byte)WithTemplate.Length, .. WithTemplate, 0, 1, 128, 0x13, .. WordList.Word((ulong)CKA.CKA_UNWRAP_TEMPLATE), kind,
            .. WordList.Word((ulong)CKA.CKA_SIGN), 1, 1,
        ]),
        [0, 0x13, .. WordList.Word((ulong)CKA.CKA_UNWRAP_TEMPLATE), 0x13, .. WordList.Word((ulong)CKA.CKA_SIGN), 3, 2, 1, 1],
        [0, 0x13, .. WordList.Word((ulong)CKA.CKA_UNWRAP_TEMPLATE), 0x13, .. WordList.Word((ulong)CKA.CKA_UNWRAP_TEMPLATE), 3],
        [19, .. WordList.Word((ulong)CKM.CKM_AES_ECB), 0], [19, .. WordList.Word((ulong)CKM.CKM_AES_KEY_WRAP), 0, 8, .. WordList.Word(8)],
        [20, 0, 0x23, .. WordList.Word((ulong)CKA.CKA_CLASS), 3, 8, .. WordList.Word((ulong)CKO.CKO_SECRET_KEY), .. WordList.Word((ulong)CKA.CKA_VALUE), 3, 4, 1, 2, 3, 4],
        .. HostProcess.SmallKeys.Select(key => (byte[])
        [
            16, (byte)key.Length, .. key, 0, 8, 128, 3, .. WordList.Word((ulong)(key.Length > 100 ? CKM.CKM_ECDSA : CKM.CKM_EDDSA)),
            9, 3, 4, 1, 2, 3, 4, 3, 64, .. new byte[63], 1,
        ]),
        .. DigestMechanism.All.Select(row => (byte[])[3, 3, .. WordList.Word((ulong)row.Mechanism), 4, 3, 2, 1, 2, 2, 64, 12, 3, 3, 1, 2, 3, 2, 255]),
    ];

    private static byte[] Oaep => [.. WordList.Word((ulong)CKM.CKM_SHA256), .. WordList.Word((ulong)CKG.CKG_MGF1_SHA256), 1, 3, 1, 1];

    // An object with a template in it, as an appliance tells it.
    private static byte[] WithTemplate
    {
        get
        {
            byte[] nested = [.. new byte[6], 1, 8, 0, 0, 0, 1, 1];
            WireObject told = new() { Id = ByteString.CopyFrom([1]) };
            told.Attributes.Add(new Wire.V1.Attribute { Type = (ulong)CKA.CKA_UNWRAP_TEMPLATE, Value = ByteString.CopyFrom(nested) });
            return told.ToByteArray();
        }
    }

    public override void Run(ReadOnlySpan<byte> input)
    {
        Array.Clear(_told);
        using HostMemory memory = new(input.ToArray());
        P11.Sessions.Session session = _module.Sessions.Open(_token, isReadWrite: true)!;
        try
        {
            for (int calls = 0; !memory.IsEmpty && calls < CallsMax; calls++)
            {
                Call(memory, session);
            }
        }
        finally
        {
            SignFunctions.End(session);
            _module.Sessions.Close(session.Handle);
        }
    }

    public override bool IsRefusal(Exception thrown) => thrown is FaultException or ApplianceException or InvalidProtocolBufferException;

    private void Call(HostMemory memory, P11.Sessions.Session session)
    {
        byte call = memory.Byte();
        switch (call % 24)
        {
            case 0:
                ReadTemplate(memory);
                break;
            case 1 or 2:
                ulong found = Object(memory);
                NativeAttribute* attributes = memory.Template(out ulong count, isRead: false);
                _ = ObjectFunctions.GetAttributes(_module, session.Handle, found, attributes, count);
                break;
            case 3 or 4 or 12 or 13:
                Digest(memory, session, call % 24);
                break;
            case 5 or 6 or 7:
                Sign(memory, session, call % 24);
                break;
            case 8 or 9 or 10 or 11 or 14 or 15:
                Verify(memory, session, call % 24);
                break;
            case 16:
                WireObject told = WireObject.Parser.ParseFrom(memory.Take(memory.Byte()));
                int place = memory.Byte() % _told.Length;
                _told[place] = HostProcess.Take(_module, _token, 200 + place, told);
                break;
            case 17:
                Find(memory, session);
                break;
            case 18:
                _ = SessionFunctions.GetInfo(_module, session.Handle, memory.Struct<SessionFacts>());
                _ = SlotFunctions.GetInfo(memory.Struct<ModuleFacts>());
                _ = ObjectFunctions.GetSize(_module, session.Handle, Object(memory), memory.Struct<ulong>());
                _ = DigestFunctions.Key(_module, session.Handle, Object(memory));
                break;
            case 20 or 21:
                ReadObject(memory, session);
                break;
            case 19:
                _ = CipherReader.Read(memory.Cipher(), out _, out _);
                break;
            case 22:
                _ = HostTemplate.Find(memory.Take(memory.Byte()), (CKA)memory.Number());
                break;
            default:
                Lists(memory, session);
                break;
        }
    }

    // What C_CreateObject, C_CopyObject, C_SetAttributeValue and generation make of a template before anybody is asked.
    private void ReadObject(HostMemory memory, P11.Sessions.Session session)
    {
        byte implied = memory.Byte();
        NativeAttribute* template = memory.Template(out ulong count, isRead: true);
        _ = HostTemplate.Read(template, count, implied % 4 == 0 ? null : (CKO)(implied % 9), out HostTemplate? read);
        using (read)
        {
            ReadOnlySpan<byte> secrets = read is null ? default : read.Secrets;
            foreach (CKA type in read?.Rules.Secrets ?? [])
            {
                _ = HostTemplate.Find(secrets, type);
            }

            if (read is not null)
            {
                KeepHere(read, session);
            }
        }
    }

    // Public objects of a session live in the module: made, found, changed and ended.
    private void KeepHere(HostTemplate read, P11.Sessions.Session session)
    {
        AttributeSet wanted = ObjectRules.Create(read.Rules, bySecurityOfficer: false);
        if (wanted.Is(CKA.CKA_TOKEN) || read.Rules.Secrets.Count > 0)
        {
            return;
        }

        TokenObject made = _module.Objects.TakeLocal(_token, session.Handle, wanted);
        _ = _module.Objects.FindLocal(_token, read.Attributes).Count();
        _ = _module.Objects.PrivateOfSessions(_token);
        _module.Objects.ChangeLocal(made, local => local.With(CKA.CKA_LABEL, AttributeSet.Bytes("changed")));
        foreach (TokenObject gone in _module.Objects.OfSession(session.Handle))
        {
            _module.Objects.Remove(gone);
            _module.Objects.Remove(gone);
        }
    }

    private static void ReadTemplate(HostMemory memory)
    {
        NativeAttribute* template = memory.Template(out ulong count, isRead: true);
        CKR rv = TemplateReader.Read(template, count, out List<Wire.V1.Attribute> attributes);
        if (rv == CKR.CKR_OK && (ulong)attributes.Count != count)
        {
            throw new InvalidOperationException("A template lost attributes.");
        }
    }

    private void Digest(HostMemory memory, P11.Sessions.Session session, int call)
    {
        byte* data;
        byte* digest;
        ulong bytes;
        ulong* room;
        switch (call)
        {
            case 3:
                _ = DigestFunctions.Init(_module, session.Handle, memory.Mechanism());
                break;
            case 4:
                data = memory.In(out bytes);
                digest = memory.Out(out room);
                _ = DigestFunctions.Whole(_module, session.Handle, data, bytes, digest, room);
                break;
            case 12:
                data = memory.In(out bytes);
                _ = DigestFunctions.Update(_module, session.Handle, data, bytes);
                break;
            default:
                digest = memory.Out(out room);
                _ = DigestFunctions.Final(_module, session.Handle, digest, room);
                break;
        }
    }

    // Up to where the appliance would be asked.
    private void Sign(HostMemory memory, P11.Sessions.Session session, int call)
    {
        switch (call)
        {
            case 5:
                ulong key = Object(memory);
                _ = SignFunctions.Init(_module, session.Handle, memory.Mechanism(), key);
                break;
            case 6:
                byte* data = memory.In(out ulong bytes);
                _ = SignFunctions.Update(_module, session.Handle, data, bytes);
                break;
            default:
                ulong* length = memory.Struct<ulong>();
                _ = SignFunctions.Final(_module, session.Handle, null, length);
                _ = SignFunctions.Whole(_module, session.Handle, null, 0, null, length);
                break;
        }
    }

    private void Verify(HostMemory memory, P11.Sessions.Session session, int call)
    {
        byte* data;
        byte* signature;
        ulong dataBytes;
        ulong signatureBytes;
        switch (call)
        {
            case 8:
                ulong key = Object(memory);
                _ = VerifyFunctions.Init(_module, session.Handle, memory.Mechanism(), key);
                break;
            case 9:
                data = memory.In(out dataBytes);
                signature = memory.In(out signatureBytes);
                _ = VerifyFunctions.Whole(_module, session.Handle, data, dataBytes, signature, signatureBytes);
                break;
            case 10:
                data = memory.In(out dataBytes);
                _ = VerifyFunctions.Update(_module, session.Handle, data, dataBytes, signatureFirst: memory.Byte() % 2 == 1);
                break;
            case 11:
                signature = memory.In(out signatureBytes);
                _ = VerifyFunctions.Final(_module, session.Handle, signature, signatureBytes);
                break;
            case 14:
                ulong signatureKey = Object(memory);
                NativeMechanism* mechanism = memory.Mechanism();
                signature = memory.In(out signatureBytes);
                _ = VerifyFunctions.InitWithSignature(_module, session.Handle, mechanism, signatureKey, signature, signatureBytes);
                break;
            default:
                data = memory.In(out dataBytes);
                _ = memory.Byte() % 2 == 0
                    ? VerifyFunctions.WholeWithSignature(_module, session.Handle, data, dataBytes)
                    : VerifyFunctions.FinalWithSignature(_module, session.Handle);
                break;
        }
    }

    private void Find(HostMemory memory, P11.Sessions.Session session)
    {
        // A template that is taken would be sent: a search that has found nothing stands in.
        session.Search = memory.Byte() % 4 == 0 ? null : new Search();
        NativeAttribute* template = memory.Template(out ulong count, isRead: true);
        _ = ObjectFunctions.FindInit(_module, session.Search is null ? 0 : session.Handle, template, count);
        ulong* room = (ulong*)memory.Out(out ulong* found);
        _ = ObjectFunctions.Find(_module, session.Handle, room, room is null ? memory.Number() : 0, found);
        _ = ObjectFunctions.FindFinal(_module, session.Handle);
    }

    private void Lists(HostMemory memory, P11.Sessions.Session session)
    {
        ulong[] values = new ulong[memory.Byte() % 16];
        byte* list = memory.Out(out ulong* room);
        if (room is not null)
        {
            *room /= sizeof(ulong);
        }

        _ = Buffers.WriteList(values, (ulong*)list, room);
        ReadOnlySpan<byte> text = memory.Take(memory.Byte());
        using GuardedMemory field = new(16 << (memory.Byte() % 3));   // the standard's fields have 16, 32 and 64 bytes
        Buffers.WritePadded(System.Text.Encoding.UTF8.GetString(text), field.Start, field.Length);
        _ = SessionFunctions.Cancel(_module, session.Handle, memory.Number());
        _ = RandomFunctions.Generate(_module, session.Handle, list, list is null ? memory.Number() : 0);
    }

    private ulong Object(HostMemory memory)
    {
        byte index = memory.Byte();
        return index == byte.MaxValue ? memory.Number()
            : index >= 128 ? _told[index % _told.Length]
            : _objects[index % _objects.Length];
    }

    private static byte[] KeyFor(SignatureMechanism row, byte call) =>
        [(byte)((row.KeyType == CKK.CKK_RSA ? 0 : row.KeyType == CKK.CKK_EC ? 1 : 2) + (call == 8 ? 3 : 0))];

    private static byte[] Pss(SignatureMechanism row) => row.WantsPssParameters
        ? [.. WordList.Word((ulong)DigestMechanism.All[0].Mechanism), .. WordList.Word((ulong)DigestMechanism.All[0].Mgf), .. WordList.Word(32)]
        : [.. new byte[24]];
}
