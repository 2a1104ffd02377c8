using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using static CodeSign.Requests.Tests.ObjectRequests;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Attribute = CodeSign.Wire.V1.Attribute;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>What the tests of wrapped keys ask an appliance for.</summary>
internal static class WrapRequests
{
    /// <summary>A project whose owner lets keys come and go.</summary>
    public static async Task<(RunningAppliance Appliance, Client Alice)> OpenForTransportAsync(string pin = "none")
    {
        (RunningAppliance appliance, Client alice) = await OpenAsync(pin);
        await SetAsync(alice, set => (set.ObjectImport, set.ObjectWrap) = (true, true));
        return (appliance, alice);
    }

    /// <summary>An AES key given by its value.</summary>
    public static async Task<Object> BringInAsync(RunningAppliance appliance, Client client, byte[] value, params Attribute[] template)
    {
        CreateObjectRequest request = new() { ProjectId = appliance.ProjectId("demo"), Application = Application };
        request.Template.AddRange([Of(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY), .. template]);
        if (template.All(attribute => attribute.Type != (ulong)CKA.CKA_KEY_TYPE))
        {
            request.Template.Add(Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_AES));
        }

        return (await client.OkAsync(OperationCode.CreateObject, request, CreateObjectResponse.Parser, Secrets((CKA.CKA_VALUE, value)))).Object;
    }

    public static Task<Answer<GenerateKeyResponse>> TryGenerateAesAsync(RunningAppliance appliance, Client client, int bytes, params Attribute[] template)
    {
        GenerateKeyRequest request = new() { ProjectId = appliance.ProjectId("demo"), Mechanism = (ulong)CKM.CKM_AES_KEY_GEN, Application = Application };
        request.Template.AddRange([Of(CKA.CKA_VALUE_LEN, (ulong)bytes), .. template]);
        return client.CallAsync(OperationCode.GenerateKey, request, GenerateKeyResponse.Parser);
    }

    public static async Task<Object> GenerateAesAsync(RunningAppliance appliance, Client client, int bytes, params Attribute[] template) =>
        (await TryGenerateAesAsync(appliance, client, bytes, template)).Message.Object;

    public static Task<Answer<WrapKeyResponse>> WrapAsync(
        RunningAppliance appliance, Client client, Object wrapping, Object key, CKM mechanism, CipherParameters? parameters = null) => client.CallAsync(
        OperationCode.WrapKey,
        new WrapKeyRequest
        {
            ProjectId = appliance.ProjectId("demo"),
            Mechanism = (ulong)mechanism,
            Parameters = parameters,
            WrappingKeyId = wrapping.Id,
            KeyId = key.Id,
            Application = Application,
        },
        WrapKeyResponse.Parser);

    public static Task<Answer<UnwrapKeyResponse>> UnwrapAsync(
        RunningAppliance appliance,
        Client client,
        Object unwrapping,
        ReadOnlySpan<byte> wrapped,
        CKM mechanism,
        IEnumerable<Attribute> template,
        CipherParameters? parameters = null)
    {
        UnwrapKeyRequest request = new()
        {
            ProjectId = appliance.ProjectId("demo"),
            Mechanism = (ulong)mechanism,
            Parameters = parameters,
            UnwrappingKeyId = unwrapping.Id,
            WrappedKey = ByteString.CopyFrom(wrapped),
            Application = Application,
        };
        request.Template.AddRange(template);
        return client.CallAsync(OperationCode.UnwrapKey, request, UnwrapKeyResponse.Parser);
    }

    /// <summary>What makes a key one that carries others.</summary>
    public static Attribute[] Carrier => [Of(CKA.CKA_WRAP, true), Of(CKA.CKA_UNWRAP, true)];

    /// <summary>Has the SO trust a wrapping key.</summary>
    public static async Task<Object> TrustAsync(RunningAppliance appliance, Client owner, Object wrapping)
    {
        await owner.OkAsync(
            OperationCode.ResetPin, new ResetPinRequest { Project = "demo", UserType = UserType.UserSo }, ResetPinResponse.Parser, RunningAppliance.SoPin);
        Client officer = await appliance.ConnectAsync("alice");
        await officer.LoginAsync(RunningAppliance.SoPin, UserType.UserSo);
        SetAttributesRequest request = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = wrapping.Id };
        request.Template.Add(Of(CKA.CKA_TRUSTED, true));
        return (await officer.OkAsync(OperationCode.SetAttributes, request, SetAttributesResponse.Parser)).Object;
    }

    public static Attribute[] AesTemplate(params Attribute[] more) =>
        [Of(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY), Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_AES), .. more];

    public static Attribute[] PrivateTemplate(CKK type, params Attribute[] more) =>
        [Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY), Of(CKA.CKA_KEY_TYPE, (ulong)type), .. more];
}
