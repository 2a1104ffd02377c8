using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using CodeSign.Appliance.Custody;
using CodeSign.Cryptoki;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using CKM = CodeSign.Cryptoki.CKM;
using CKR = CodeSign.Cryptoki.CKR;
using CKS = Net.Pkcs11Interop.Common.CKS;
using CKU = Net.Pkcs11Interop.Common.CKU;

namespace CodeSign.Appliance.Keys.PassThrough;

/// <summary>
/// The token and the login on it. Only the backend's own threads call what may wait for the device; what others read
/// (<see cref="State"/>) is one reference.
/// </summary>
internal sealed class HsmDevice(HsmOptions options, TimeProvider time)
{
    private readonly Lock _connecting = new();
    private HsmLibrary? _library;
    private ISlot? _slot;

    // Keeps the login alive: closing the last session logs out (PKCS#11 v3.0 section 5.6.2).
    private ISession? _login;
    private long? _failedAt;
    private volatile bool _retryNow;
    private volatile DeviceState _state = new(Available: false, "not tried yet", PinRefused: false, Mechanisms: null);

    /// <summary>What is known of the device now.</summary>
    public DeviceState State => _state;

    public string Name => options.Name;

    /// <summary>A session on a token that is logged in; connects first where that must be.</summary>
    /// <exception cref="FaultException">hsm.unavailable, with the reason.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "The worker disposes its session.")]
    public HsmSession OpenSession()
    {
        lock (_connecting)
        {
            if (_slot is null || !IsLoggedIn())
            {
                Connect();
            }

            try
            {
                return new HsmSession(options.Name, _slot!.OpenSession(SessionType.ReadWrite), _state.Mechanisms!);
            }
            catch (Pkcs11Exception failure)
            {
                throw Fail($"{failure.Method}: {HsmFaults.Code(failure)}.");
            }
        }
    }

    /// <summary>The PIN may be tried once more, and the device at once.</summary>
    public void OperatorReset()
    {
        _retryNow = true;
        _state = _state with { PinRefused = false };
    }

    /// <summary>Logs out and lets the library go; a library with a thread stuck in it is left as it is.</summary>
    public void Close(bool stuck)
    {
        if (stuck)
        {
            _library?.Release(stuck: true);
            return;
        }

        lock (_connecting)
        {
            Forget();
            _library?.Release(stuck: false);
            _library = null;
        }
    }

    private bool IsLoggedIn()
    {
        try
        {
            return _login?.GetSessionInfo().State is CKS.CKS_RW_USER_FUNCTIONS or CKS.CKS_RO_USER_FUNCTIONS;
        }
        catch (Pkcs11Exception)
        {
            return false;
        }
    }

    private void Connect()
    {
        bool resting = _failedAt is { } failedAt && time.GetElapsedTime(failedAt) < options.RetryAfter && !_retryNow;
        if (_state.PinRefused || resting)
        {
            throw HsmFaults.Unavailable(options.Name, _state.Detail);
        }

        _retryNow = false;
        Forget();
        try
        {
            _library ??= HsmLibrary.Acquire(options.Library);
            _slot = FindSlot(_library);
            ImmutableHashSet<CKM> mechanisms = [.. _slot.GetMechanismList().Select(mechanism => (CKM)(ulong)mechanism)];
            _login = _slot.OpenSession(SessionType.ReadWrite);
            Login(_login);
            ITokenInfo token = _slot.GetTokenInfo();
            _failedAt = null;
            _state = new DeviceState(
                Available: true, $"token '{token.Label}', serial {token.SerialNumber}", PinRefused: false, mechanisms);
        }
        catch (Pkcs11Exception failure)
        {
            if (HsmFaults.Code(failure) == CKR.CKR_CRYPTOKI_NOT_INITIALIZED)
            {
                _library?.Reinitialize();
            }

            throw Fail($"{failure.Method}: {HsmFaults.Code(failure)}.");
        }
        catch (Exception missing) when (missing is UnmanagedException or LibraryArchitectureException or ArgumentException)
        {
            throw Fail($"its library {options.Library} can't be loaded.");
        }
    }

    private ISlot FindSlot(HsmLibrary library)
    {
        List<ISlot> found = library.Module.GetSlotList(SlotsType.WithTokenPresent).FindAll(slot =>
        {
            ITokenInfo token = slot.GetTokenInfo();
            return (options.TokenLabel is null || string.Equals(token.Label, options.TokenLabel, StringComparison.Ordinal))
                && (options.TokenSerial is null || string.Equals(token.SerialNumber, options.TokenSerial, StringComparison.Ordinal));
        });
        return found.Count switch
        {
            1 => found[0],
            0 => throw Fail($"there is no token {Wanted()}."),
            _ => throw Fail($"{found.Count} tokens are {Wanted()}; give the serial number."),
        };
    }

    private string Wanted() => string.Join(" and ", new[]
    {
        options.TokenLabel is null ? null : $"labelled '{options.TokenLabel}'",
        options.TokenSerial is null ? null : $"with serial number {options.TokenSerial}",
    }.OfType<string>());

    private void Login(ISession session)
    {
        byte[]? pin = null;
        try
        {
            using (SecretBytes secret = OpenPin())
            {
                // Pinned, so that zeroing it leaves no copy behind.
                pin = GC.AllocateUninitializedArray<byte>(secret.Length, pinned: true);
                secret.Span.CopyTo(pin);
            }

            session.Login(CKU.CKU_USER, pin);
        }
        catch (Pkcs11Exception refused) when (HsmFaults.IsPinRefused(refused))
        {
            FaultException fault = Fail(
                $"it refused the PIN ({HsmFaults.Code(refused)}), which is not tried again until an operator resets it.");
            _state = _state with { PinRefused = true };
            throw fault;
        }
        catch (Pkcs11Exception already) when (HsmFaults.Code(already) == CKR.CKR_USER_ALREADY_LOGGED_IN)
        {
            // By another backend on the same token in this process.
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pin);
        }
    }

    private SecretBytes OpenPin()
    {
        try
        {
            return options.Pin();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw Fail("its PIN can't be read from where the configuration says it is.");
        }
    }

    private FaultException Fail(string detail)
    {
        Forget();
        _failedAt = time.GetTimestamp();
        _state = new DeviceState(Available: false, detail, PinRefused: false, _state.Mechanisms);
        return HsmFaults.Unavailable(options.Name, detail);
    }

    private void Forget()
    {
        _slot = null;
        try
        {
            _login?.Dispose();
        }
        catch (Pkcs11Exception)
        {
            // It was lost already.
        }

        _login = null;
    }
}

/// <param name="Available">Connected and logged in when last tried.</param>
/// <param name="Detail">What it is, or why not.</param>
/// <param name="PinRefused">Down until an operator acts.</param>
/// <param name="Mechanisms">What the token lists, or null when it was never reached.</param>
internal sealed record DeviceState(bool Available, string Detail, bool PinRefused, ImmutableHashSet<CKM>? Mechanisms);
