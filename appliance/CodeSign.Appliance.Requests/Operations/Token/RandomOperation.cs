using System.Security.Cryptography;
using CodeSign.Cryptoki;
using CodeSign.Wire.V1;
using Google.Protobuf;

namespace CodeSign.Appliance.Requests.Operations.Token;

/// <summary>C_GenerateRandom, for clients without a good generator of their own.</summary>
internal static class RandomOperation
{
    /// <summary>Bytes in one answer.</summary>
    public const uint BytesMax = 4096;

    public static ValueTask<RandomResponse> RandomAsync(RequestContext context, RandomRequest request)
    {
        _ = context;
        return request.Bytes is 0 or > BytesMax
            ? throw new FaultException(CKR.CKR_ARGUMENTS_BAD, "random.bytes", $"1 to {BytesMax} bytes at once.")
            : new(new RandomResponse { Value = UnsafeByteOperations.UnsafeWrap(RandomNumberGenerator.GetBytes((int)request.Bytes)) });
    }
}
