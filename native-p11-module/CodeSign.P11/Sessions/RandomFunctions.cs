using CodeSign.Cryptoki;
using CodeSign.P11.Native;

namespace CodeSign.P11.Sessions;

/// <summary>C_GenerateRandom: the kernel's generator, which is as good as the appliance's and nearer. It takes no seed.</summary>
internal static unsafe class RandomFunctions
{
    public static CKR Seed(Module module, ulong sessionHandle, byte* seed, ulong seedBytes) =>
        module.Sessions.Find(sessionHandle) is null ? CKR.CKR_SESSION_HANDLE_INVALID
        : seed is null && seedBytes > 0 ? CKR.CKR_ARGUMENTS_BAD
        : CKR.CKR_RANDOM_SEED_NOT_SUPPORTED;

    public static CKR Generate(Module module, ulong sessionHandle, byte* random, ulong randomBytes)
    {
        if (module.Sessions.Find(sessionHandle) is null)
        {
            return CKR.CKR_SESSION_HANDLE_INVALID;
        }

        if (random is null && randomBytes > 0)
        {
            return CKR.CKR_ARGUMENTS_BAD;
        }

        return LibC.FillRandom(random, randomBytes) ? CKR.CKR_OK : CKR.CKR_RANDOM_NO_RNG;
    }
}
