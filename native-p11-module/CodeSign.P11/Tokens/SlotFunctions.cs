using CodeSign.Cryptoki;
using CodeSign.P11.Native;
using CodeSign.P11.Sessions;
using CodeSign.Wire.V1;

namespace CodeSign.P11.Tokens;

/// <summary>Slots, tokens and their mechanisms (PKCS#11 v3.0 section 5.5).</summary>
internal static unsafe class SlotFunctions
{
    // Whoever waits for a token learns of it within about so long.
    private const long EventFreshMs = 1_000;
    private const int EventPauseMs = 1_000;

    private const string Model = "CodeSign token";

    public static CKR GetInfo(ModuleFacts* info)
    {
        if (info is null)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        *info = default;
        Buffers.WritePadded(Module.Manufacturer, info->ManufacturerId, 32);
        Buffers.WritePadded(Module.Description, info->LibraryDescription, 32);
        info->LibraryVersion = new Version2 { Major = Module.VersionMajor, Minor = Module.VersionMinor };
        return CKR.CKR_OK;
    }

    public static CKR GetSlots(Module module, bool tokenPresent, ulong* slots, ulong* count)
    {
        if (count is null)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        ulong[] ids = [.. module.Tokens.Slots(announces: slots is null).Where(slot => slot.HasToken || !tokenPresent).Select(slot => slot.SlotId)];
        return Buffers.WriteList(ids, slots, count);
    }

    public static CKR GetSlot(Module module, ulong slotId, SlotFacts* info)
    {
        Token? token = module.Tokens.Find(slotId);
        if (token is null && !module.Tokens.IsEmptySlot(slotId))
        {
            return CKR.CKR_SLOT_ID_INVALID;
        }

        if (info is null)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        *info = default;
        Buffers.WritePadded(token is null ? "CodeSign (no appliance)" : $"CodeSign project {token.Description.Label}", info->SlotDescription, 64);
        Buffers.WritePadded(Module.Manufacturer, info->ManufacturerId, 32);

        // Tokens come and go as rights do; a slot without this flag would always have one (PKCS#11 v3.2 section 3.2).
        info->Flags = CKF.CKF_REMOVABLE_DEVICE | (token is { IsPresent: true } ? CKF.CKF_TOKEN_PRESENT : 0);
        info->HardwareVersion = new Version2 { Major = Module.VersionMajor, Minor = Module.VersionMinor };
        info->FirmwareVersion = info->HardwareVersion;
        return CKR.CKR_OK;
    }

    public static CKR GetToken(Module module, ulong slotId, TokenFacts* info)
    {
        module.Tokens.Refresh();
        CKR rv = Look(module, slotId, out Token? token);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        if (info is null)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        TokenDescription description = token!.Description;
        *info = default;
        Buffers.WritePadded(description.Label, info->Label, 32);
        Buffers.WritePadded(Module.Manufacturer, info->ManufacturerId, 32);
        Buffers.WritePadded(Model, info->Model, 16);
        Buffers.WritePadded(description.ProjectId, info->SerialNumber, 16);
        Buffers.WritePadded("", info->UtcTime, 16);
        info->Flags = token.Flags;
        info->SessionsMax = SessionTable.SessionsMax;
        info->Sessions = (ulong)token.Sessions;
        info->ReadWriteSessionsMax = SessionTable.SessionsMax;
        info->ReadWriteSessions = (ulong)token.ReadWriteSessions;
        info->PinBytesMax = description.PinLengthMax;
        info->PinBytesMin = description.PinLengthMin;
        info->TotalPublicMemory = CK.CK_UNAVAILABLE_INFORMATION;
        info->FreePublicMemory = CK.CK_UNAVAILABLE_INFORMATION;
        info->TotalPrivateMemory = CK.CK_UNAVAILABLE_INFORMATION;
        info->FreePrivateMemory = CK.CK_UNAVAILABLE_INFORMATION;
        info->HardwareVersion = new Version2 { Major = Module.VersionMajor, Minor = Module.VersionMinor };
        info->FirmwareVersion = info->HardwareVersion;
        return CKR.CKR_OK;
    }

    public static CKR GetMechanisms(Module module, ulong slotId, ulong* mechanisms, ulong* count)
    {
        CKR rv = Look(module, slotId, out _);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        List<ulong> types = MechanismsOf(module);
        return Buffers.WriteList(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(types), mechanisms, count);
    }

    /// <summary>What the token offers, each once.</summary>
    public static List<ulong> MechanismsOf(Module module)
    {
        IEnumerable<CKM> served =
        [
            .. SignatureMechanism.All.Select(row => row.Mechanism),
            .. KeyPairMechanism.All.Select(row => row.Mechanism),
            .. SecretKeyMechanism.All.Select(row => row.Mechanism),
            .. CipherMechanism.All.Select(row => row.Mechanism),
            .. KeyDerivationMechanism.All.Select(row => row.Mechanism),
        ];
        return
        [
            .. served.Distinct().Where(type => Told(module, type) is not null).Select(type => (ulong)type),
            .. DigestMechanism.All.Select(row => (ulong)row.Mechanism),
        ];
    }

    public static CKR GetMechanism(Module module, ulong slotId, CKM type, MechanismFacts* info)
    {
        CKR rv = Look(module, slotId, out _);
        if (rv != CKR.CKR_OK)
        {
            return rv;
        }

        if (info is null)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        if (DigestMechanism.Find(type) is not null)
        {
            *info = new MechanismFacts { Flags = DigestMechanism.Flags };
            return CKR.CKR_OK;
        }

        bool isKnown = SignatureMechanism.Find(type) is not null || KeyPairMechanism.Find(type) is not null || SecretKeyMechanism.Find(type) is not null
            || CipherMechanism.Find(type) is not null || KeyDerivationMechanism.Find(type) is not null;
        if (!isKnown || Told(module, type) is not { } told)
        {
            return CKR.CKR_MECHANISM_INVALID;
        }

        *info = new MechanismFacts { KeyBitsMin = told.KeyBitsMin, KeyBitsMax = told.KeyBitsMax, Flags = told.Flags };
        return CKR.CKR_OK;
    }

    /// <summary>
    /// C_WaitForSlotEvent: a token comes or goes as the caller's rights do. Waiting happens on the caller's own thread, which asks the
    /// appliance from time to time, until C_Finalize.
    /// </summary>
    public static CKR WaitForEvent(Module module, ulong flags, ulong* slot, void* reserved)
    {
        if (slot is null || reserved is not null)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        do
        {
            module.Tokens.Refresh(EventFreshMs);
            if (module.Tokens.TakeEvent() is { } changed)
            {
                *slot = changed;
                return CKR.CKR_OK;
            }

            if ((flags & CKF.CKF_DONT_BLOCK) != 0)
            {
                return CKR.CKR_NO_EVENT;
            }
        }
        while (!module.EndsWithin(EventPauseMs));

        return CKR.CKR_CRYPTOKI_NOT_INITIALIZED;
    }

    /// <summary>The token in a slot: CKR_SLOT_ID_INVALID, CKR_TOKEN_NOT_PRESENT, or there it is.</summary>
    public static CKR Look(Module module, ulong slotId, out Token? token)
    {
        token = module.Tokens.Find(slotId);
        return token is { IsPresent: true } ? CKR.CKR_OK
            : token is not null || module.Tokens.IsEmptySlot(slotId) ? CKR.CKR_TOKEN_NOT_PRESENT
            : CKR.CKR_SLOT_ID_INVALID;
    }

    // What both sides do: the appliance may be older or newer than this module.
    private static Mechanism? Told(Module module, CKM type)
    {
        foreach (Mechanism told in module.Client.Hello().Mechanisms)
        {
            if (told.Type == (ulong)type)
            {
                return told;
            }
        }

        return null;
    }
}
