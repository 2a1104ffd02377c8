using CodeSign.Cryptoki;
using CKA = Net.Pkcs11Interop.Common.CKA;

namespace CodeSign.Appliance.Keys.PassThrough;

/// <summary>
/// Keys that live in a hardware security module and never leave it. Requests go to the backend's own threads; no caller waits
/// longer than the deadline, whatever the device does.
/// </summary>
public sealed class PassThroughBackend : IKeyBackend
{
    private const int KeyIdDigits = 32;

    private readonly HsmOptions _options;
    private readonly HsmDevice _device;
    private readonly HsmQueue _queue;
    private bool _closed;

    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    public PassThroughBackend(HsmOptions options, TimeProvider time)
    {
        if (options.Sessions < 1 || options.QueueMax < 1 || options.Deadline <= TimeSpan.Zero || options.RetryAfter <= TimeSpan.Zero
            || (options.TokenLabel is null && options.TokenSerial is null))
        {
            throw new ArgumentException(
                "An HSM needs a token label or serial number, and at least one session, place in the queue and moment of time.",
                nameof(options));
        }

        _options = options;
        _device = new HsmDevice(options, time);
        _queue = new HsmQueue(_device, options, time);
    }

    public string Name => "hsm:" + _options.Name;

    public BackendHealth Health
    {
        get
        {
            DeviceState state = _device.State;
            bool stuck = _queue.IsStuck;
            return new BackendHealth(state.Available && !stuck, stuck ? "it does not answer." : state.Detail, _queue.Waiting);
        }
    }

    /// <summary>Takes a key that is on the device already, after it signed a challenge that verifies with its public key.</summary>
    /// <param name="deviceId">CKA_ID.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <exception cref="FaultException">hsm.*, key.unsupported, key.weak.</exception>
    public Task<AdoptedKey> AdoptAsync(ReadOnlyMemory<byte> deviceId, CancellationToken cancel)
    {
        byte[] id = deviceId.ToArray();
        return _queue.RunAsync(session => HsmKeys.Adopt(session, id), undo: null, _options.Deadline, cancel);
    }

    /// <summary>Lets the PIN be tried once more, after an operator has put right what made the device refuse it.</summary>
    public void OperatorReset()
    {
        _device.OperatorReset();
        _queue.LookAfterDevice();
    }

    public bool Supports(KeyAlgorithm algorithm) => HsmMechanisms.Knows(algorithm)
        && _device.State.Mechanisms?.Contains(HsmMechanisms.Generation(algorithm)) is not false;

    public bool Supports(KeyAlgorithm algorithm, SignatureMechanism mechanism) => HsmMechanisms.Knows(algorithm)
        && mechanism.KeyType == algorithm.KeyType && HsmMechanisms.Works(mechanism, _device.State.Mechanisms);

    public Task<NewKey> GenerateAsync(KeyAlgorithm algorithm, string keyId, CancellationToken cancel)
    {
        RequireOurs(keyId);
        return HsmMechanisms.Knows(algorithm)
            ? _queue.RunAsync(
                session => HsmKeys.Generate(session, algorithm, keyId),
                (session, made) => HsmKeys.Destroy(session, CKA.CKA_ID, made.DeviceId!),
                _options.GenerateDeadline, cancel)
            : Task.FromException<NewKey>(new FaultException(
                CKR.CKR_MECHANISM_INVALID, "hsm.algorithm",
                $"On an HSM keys are RSA or on a NIST curve; {algorithm.Name} keys are kept in software."));
    }

    public bool Supports(SecretKeyMechanism mechanism) => _device.State.Mechanisms?.Contains(mechanism.Mechanism) is not false;

    public Task<NewSecretKey> GenerateSecretAsync(
        SecretKeyMechanism mechanism, int bytes, SecretKeyUses uses, string keyId, CancellationToken cancel)
    {
        RequireOurs(keyId);
        return _queue.RunAsync(
            session => HsmSecrets.Generate(session, mechanism, bytes, uses, keyId),
            (session, made) => HsmSecrets.Destroy(session, CKA.CKA_ID, made.DeviceId!),
            _options.GenerateDeadline, cancel);
    }

    public Task<bool> DestroySecretAsync(ReadOnlyMemory<byte> deviceId, CancellationToken cancel)
    {
        byte[] id = deviceId.ToArray();
        return _queue.RunAsync(session => HsmSecrets.Destroy(session, CKA.CKA_ID, id), undo: null, _options.Deadline, cancel);
    }

    public ValueTask<byte[]> SignAsync(KeyReference key, SignatureInput input, CancellationToken cancel)
    {
        byte[] deviceId = key.DeviceId ?? throw new ArgumentException("Not a key of a device.", nameof(key));
        try
        {
            ReadOnlyMemory<byte> checkedData = SigningRules.Check(key.Algorithm, input);
            byte[] data = (input.Mechanism.Scheme == SignatureScheme.Ecdsa
                ? SigningRules.TruncateToOrder(key.Algorithm, checkedData) : checkedData).ToArray();
            return new ValueTask<byte[]>(_queue.RunAsync(
                session => session.Sign(deviceId, input, data), undo: null, _options.Deadline, cancel, goesOn: true));
        }
        catch (FaultException refused)
        {
            return ValueTask.FromException<byte[]>(refused);
        }
    }

    public Task<bool> DestroyAsync(KeyReference key, CancellationToken cancel)
    {
        byte[] deviceId = key.DeviceId ?? throw new ArgumentException("Not a key of a device.", nameof(key));
        return _queue.RunAsync(
            session =>
            {
                session.Forget(deviceId);
                return HsmKeys.Destroy(session, CKA.CKA_ID, deviceId);
            },
            undo: null, _options.Deadline, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        bool finished = await _queue.CloseAsync(_options.Deadline);
        _device.Close(stuck: !finished);
    }

    // An attempt cleans up after one that was cut off, by label: no label a person might have given may do that.
    private static void RequireOurs(string keyId)
    {
        if (keyId.Length != KeyIdDigits || !keyId.All(char.IsAsciiHexDigitLower))
        {
            throw new ArgumentException($"A key id has {KeyIdDigits} hex digits.", nameof(keyId));
        }
    }
}

/// <param name="Key">Reference and public key.</param>
/// <param name="Algorithm">Its row.</param>
/// <param name="Warnings">Sentences for the operator, such as: the device says the key is extractable.</param>
public sealed record AdoptedKey(NewKey Key, KeyAlgorithm Algorithm, IReadOnlyList<string> Warnings);
