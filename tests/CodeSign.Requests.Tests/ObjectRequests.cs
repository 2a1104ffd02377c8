using System.Security.Cryptography;
using CodeSign.Cryptoki;
using CodeSign.Wire;
using CodeSign.Wire.V1;
using Google.Protobuf;
using static CodeSign.Requests.Tests.ObjectTemplates;
using Object = CodeSign.Wire.V1.Object;

namespace CodeSign.Requests.Tests;

/// <summary>What the tests of objects ask an appliance for.</summary>
internal static class ObjectRequests
{
    public static readonly byte[] Digest = SHA256.HashData("what is signed"u8);

    // OBJECT IDENTIFIERs of the curves, DER.
    public static readonly byte[] P256 = Convert.FromHexString("06082a8648ce3d030107");
    public static readonly byte[] Ed25519 = Convert.FromHexString("06032b6570");

    public static async Task<(RunningAppliance Appliance, Client Alice)> OpenAsync(string pin = "none")
    {
        (RunningAppliance appliance, Client alice) = await RunningAppliance.CreateWithProjectAsync(pin);
        await SetAsync(alice, set => set.Objects = true);
        return (appliance, alice);
    }

    public static Task<SetProjectResponse> SetAsync(Client alice, Action<SetProjectRequest> set)
    {
        SetProjectRequest request = new() { Name = "demo" };
        set(request);
        return alice.OkAsync(OperationCode.SetProject, request, SetProjectResponse.Parser);
    }

    public static CreateObjectRequest Data(RunningAppliance appliance, string label)
    {
        CreateObjectRequest request = new() { ProjectId = appliance.ProjectId("demo") };
        request.Template.AddRange(
        [
            Of(CKA.CKA_CLASS, (ulong)CKO.CKO_DATA), Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_LABEL, label), Of(CKA.CKA_VALUE, "the value"),
        ]);
        return request;
    }

    public static Task<Answer<CreateObjectResponse>> TryCreateDataAsync(RunningAppliance appliance, Client client, string label) =>
        client.CallAsync(OperationCode.CreateObject, Data(appliance, label), CreateObjectResponse.Parser);

    public static async Task<Object> CreateDataAsync(RunningAppliance appliance, Client client, string label) =>
        (await client.OkAsync(OperationCode.CreateObject, Data(appliance, label), CreateObjectResponse.Parser)).Object;

    public static Task<IReadOnlyList<Object>> FindAsync(RunningAppliance appliance, Client client, params CodeSign.Wire.V1.Attribute[] template) =>
        FindAsync(appliance, client, Application, template);

    public static async Task<IReadOnlyList<Object>> FindAsync(
        RunningAppliance appliance, Client client, ByteString application, params CodeSign.Wire.V1.Attribute[] template)
    {
        FindObjectsRequest request = new() { ProjectId = appliance.ProjectId("demo"), Application = application };
        request.Template.AddRange(template);
        return (await client.OkAsync(OperationCode.FindObjects, request, FindObjectsResponse.Parser)).Objects;
    }

    public static Task<DestroyObjectResponse> DestroyAsync(RunningAppliance appliance, Client client, Object made) => client.OkAsync(
        OperationCode.DestroyObject,
        new DestroyObjectRequest { ProjectId = appliance.ProjectId("demo"), ObjectId = made.Id, Application = Application },
        DestroyObjectResponse.Parser);

    public static Task<Answer<DestroyObjectResponse>> TryDestroyAsync(RunningAppliance appliance, Client client, Object made) => client.CallAsync(
        OperationCode.DestroyObject,
        new DestroyObjectRequest { ProjectId = appliance.ProjectId("demo"), ObjectId = made.Id, Application = Application },
        DestroyObjectResponse.Parser);

    public static Task<Answer<GenerateKeyPairResponse>> TryGenerateAsync(
        RunningAppliance appliance, Client client, CKM mechanism, CodeSign.Wire.V1.Attribute[] publicKey, params CodeSign.Wire.V1.Attribute[] privateKey)
    {
        GenerateKeyPairRequest request = new()
        {
            ProjectId = appliance.ProjectId("demo"),
            Mechanism = (ulong)mechanism,
            Application = Application,
        };
        request.PublicTemplate.AddRange(publicKey);
        request.PrivateTemplate.AddRange(privateKey);
        return client.CallAsync(OperationCode.GenerateKeyPair, request, GenerateKeyPairResponse.Parser);
    }

    public static Task<Answer<GenerateKeyResponse>> TryGenerateSecretAsync(
        RunningAppliance appliance, Client client, CKM mechanism, params CodeSign.Wire.V1.Attribute[] template)
    {
        GenerateKeyRequest request = new() { ProjectId = appliance.ProjectId("demo"), Mechanism = (ulong)mechanism, Application = Application };
        request.Template.AddRange(template);
        return client.CallAsync(OperationCode.GenerateKey, request, GenerateKeyResponse.Parser);
    }

    public static Task<Answer<RevealAttributesResponse>> RevealAsync(RunningAppliance appliance, Client client, Object key, params CKA[] types)
    {
        RevealAttributesRequest request = new() { ProjectId = appliance.ProjectId("demo"), ObjectId = key.Id };
        request.Types_.AddRange(types.Select(type => (ulong)type));
        return client.CallAsync(OperationCode.RevealAttributes, request, RevealAttributesResponse.Parser);
    }

    public static Task<Answer<SignResponse>> SignAsync(
        RunningAppliance appliance, Client client, ByteString key, CKM mechanism, ByteString? application = null) => client.CallAsync(
        OperationCode.Sign,
        new SignRequest
        {
            ProjectId = appliance.ProjectId("demo"),
            KeyId = key,
            Mechanism = (ulong)mechanism,
            Data = ByteString.CopyFrom(Digest),
            RequestId = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16)),
            Application = application ?? Application,
        },
        SignResponse.Parser);

    public static bool Verify(byte[] publicKey, byte[] signature, CKM mechanism)
    {
        switch (mechanism)
        {
            case CKM.CKM_ECDSA_SHA256:
                using (ECDsa key = ECDsa.Create())
                {
                    key.ImportSubjectPublicKeyInfo(publicKey, out _);
                    return key.VerifyHash(Digest, signature);
                }

            case CKM.CKM_SHA256_RSA_PKCS:
                using (RSA key = RSA.Create())
                {
                    key.ImportSubjectPublicKeyInfo(publicKey, out _);
                    return key.VerifyHash(Digest, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                }

            default:
                Org.BouncyCastle.Crypto.Signers.Ed25519Signer verifier = new();
                verifier.Init(forSigning: false, Org.BouncyCastle.Security.PublicKeyFactory.CreateKey(publicKey));
                verifier.BlockUpdate(Digest);
                return verifier.VerifySignature(signature);
        }
    }

    public static (CreateObjectRequest Request, byte[] Secrets, byte[] PublicKey, CKM Sign) Import(RunningAppliance appliance, string kind)
    {
        CreateObjectRequest request = new() { ProjectId = appliance.ProjectId("demo") };
        request.Template.AddRange([Of(CKA.CKA_CLASS, (ulong)CKO.CKO_PRIVATE_KEY), Of(CKA.CKA_TOKEN, true), Of(CKA.CKA_LABEL, kind)]);
        if (kind is "rsa")
        {
            using RSA rsa = RSA.Create(2048);
            RSAParameters numbers = rsa.ExportParameters(includePrivateParameters: true);
            request.Template.AddRange(
            [
                Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_RSA), Of(CKA.CKA_MODULUS, numbers.Modulus), Of(CKA.CKA_PUBLIC_EXPONENT, numbers.Exponent),
            ]);
            byte[] rsaSecrets = Secrets(
                (CKA.CKA_PRIVATE_EXPONENT, Trim(numbers.D!)),
                (CKA.CKA_PRIME_1, Trim(numbers.P!)),
                (CKA.CKA_PRIME_2, Trim(numbers.Q!)),
                (CKA.CKA_EXPONENT_1, Trim(numbers.DP!)),
                (CKA.CKA_EXPONENT_2, Trim(numbers.DQ!)),
                (CKA.CKA_COEFFICIENT, Trim(numbers.InverseQ!)));
            return (request, rsaSecrets, rsa.ExportSubjectPublicKeyInfo(), CKM.CKM_SHA256_RSA_PKCS);
        }

        using ECDsa ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        request.Template.AddRange([Of(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_EC), Of(CKA.CKA_EC_PARAMS, P256)]);
        byte[] ecSecrets = Secrets((CKA.CKA_VALUE, ec.ExportParameters(includePrivateParameters: true).D!));
        return (request, ecSecrets, ec.ExportSubjectPublicKeyInfo(), CKM.CKM_ECDSA_SHA256);
    }

    // A big integer has no leading zeros.
    public static byte[] Trim(byte[] number) => number.AsSpan().TrimStart((byte)0).ToArray();

    public static string EventOf(string leaf) => System.Text.Json.JsonDocument.Parse(leaf).RootElement.GetProperty("event").GetString()!;
}
