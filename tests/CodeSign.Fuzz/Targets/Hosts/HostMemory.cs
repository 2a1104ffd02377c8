using System.Buffers.Binary;
using CodeSign.Cryptoki;
using CodeSign.Fuzz.Engine;
using CodeSign.P11.Native;

namespace CodeSign.Fuzz.Targets.Hosts;

/// <summary>
/// A host's memory, made of an input's bytes: every buffer ends at a page nobody may touch. Lengths lie only where the module must
/// see it: no memory for a length, or more bytes than there can be.
/// </summary>
internal sealed unsafe class HostMemory(byte[] input) : IDisposable
{
    private static readonly ulong[] Impossible = [(ulong)int.MaxValue + 1, uint.MaxValue, (ulong)uint.MaxValue + 1, long.MaxValue, ulong.MaxValue - 7, ulong.MaxValue];

    private const int DepthMax = 2;

    private readonly List<GuardedMemory> _buffers = [];
    private int _at;

    public bool IsEmpty => _at >= input.Length;

    public byte Byte() => _at < input.Length ? input[_at++] : (byte)0;

    public ulong Number()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Take(sizeof(ulong)).CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        int taken = Math.Min(count, Math.Max(0, input.Length - _at));
        ReadOnlySpan<byte> bytes = input.AsSpan(Math.Min(_at, input.Length), taken);
        _at += taken;
        return bytes;
    }

    /// <summary>Bytes the module reads.</summary>
    public byte* In(out ulong length)
    {
        byte kind = Byte();
        switch (kind % 8)
        {
            case 0:
                length = kind / 8 % 2 == 0 ? 0 : Number();
                return null;
            case 1:
                length = Impossible[kind / 8 % Impossible.Length];
                return Keep([]);
            case 2:
                length = (ulong)(Byte() << 8);
                return Keep(new byte[length]);
            default:
                ReadOnlySpan<byte> bytes = Take(Byte());
                length = (ulong)bytes.Length;
                return Keep(bytes);
        }
    }

    /// <summary>Room the module writes to, and where its length stands.</summary>
    public byte* Out(out ulong* length)
    {
        byte kind = Byte();
        ulong room = (ulong)Byte() << (kind / 8 % 4 * 2);
        length = kind % 8 == 0 ? null : (ulong*)Keep(WordList.Word(room));
        return kind % 4 == 1 ? null : Keep(new byte[room]);
    }

    public T* Struct<T>()
        where T : unmanaged => Byte() % 8 == 0 ? null : (T*)Keep(new byte[sizeof(T)]);

    public NativeMechanism* Mechanism()
    {
        byte kind = Byte();
        if (kind % 16 == 0)
        {
            return null;
        }

        NativeMechanism* mechanism = (NativeMechanism*)Keep(new byte[sizeof(NativeMechanism)]);
        mechanism->Type = (CKM)Number();
        switch (kind % 4)
        {
            case 1:
                mechanism->Parameter = Keep(Padded(sizeof(NativePssParameters)));
                mechanism->ParameterBytes = (ulong)sizeof(NativePssParameters);
                Point(mechanism);
                break;
            case 2:
                mechanism->Parameter = In(out mechanism->ParameterBytes);
                Point(mechanism);
                break;
            default:
                break;
        }

        return mechanism;
    }

    // A context stands where its parameters say: a host's pointers are right.
    private void Point(NativeMechanism* mechanism)
    {
        if (SignatureMechanism.Find(mechanism->Type)?.TakesContext == true && mechanism->ParameterBytes == (ulong)sizeof(NativeSignContext))
        {
            NativeSignContext* given = (NativeSignContext*)mechanism->Parameter;
            given->Context = In(out given->ContextBytes);
        }
    }

    /// <summary>A mechanism that enciphers. What its parameters point to is there: a host's pointers are right, its lengths may not be.</summary>
    public NativeMechanism* Cipher()
    {
        NativeMechanism* mechanism = (NativeMechanism*)Keep(new byte[sizeof(NativeMechanism)]);
        mechanism->Type = (CKM)Number();
        switch (Byte() % 5)
        {
            case 1:
                SetParameter(mechanism, Oaep(), sizeof(NativeOaepParameters));
                break;
            case 2:
                NativeRsaAesParameters* both = (NativeRsaAesParameters*)Keep(new byte[sizeof(NativeRsaAesParameters)]);
                both->AesKeyBits = Number();
                both->Oaep = Byte() % 8 == 0 ? null : Oaep();
                SetParameter(mechanism, both, sizeof(NativeRsaAesParameters));
                break;
            case 3:
                NativeGcmParameters* gcm = (NativeGcmParameters*)Keep(new byte[sizeof(NativeGcmParameters)]);
                gcm->TagBits = Number();
                gcm->Iv = In(out gcm->IvBytes);
                gcm->AssociatedData = In(out gcm->AssociatedBytes);
                SetParameter(mechanism, gcm, sizeof(NativeGcmParameters));
                break;
            case 4:
                NativeGcmWrapParameters* wrap = (NativeGcmWrapParameters*)Keep(new byte[sizeof(NativeGcmWrapParameters)]);
                wrap->TagBits = Number();
                wrap->IvFixedBits = Number();
                wrap->Generator = Byte();
                wrap->Iv = In(out wrap->IvBytes);
                wrap->AssociatedData = In(out wrap->AssociatedBytes);
                SetParameter(mechanism, wrap, sizeof(NativeGcmWrapParameters));
                break;
            default:
                mechanism->Parameter = In(out mechanism->ParameterBytes);

                // Bytes that would be read as pointers are none.
                bool isStructure = mechanism->ParameterBytes is 16 or 40 or 48 or 56
                    && CipherMechanism.Find(mechanism->Type)?.Scheme is CipherScheme.RsaOaep or CipherScheme.RsaAesKeyWrap or CipherScheme.AesGcm;
                mechanism->ParameterBytes -= isStructure ? 1UL : 0;
                break;
        }

        return mechanism;
    }

    private NativeOaepParameters* Oaep()
    {
        NativeOaepParameters* oaep = (NativeOaepParameters*)Keep(new byte[sizeof(NativeOaepParameters)]);
        oaep->Hash = (CKM)Number();
        oaep->Mgf = (CKG)Number();
        oaep->Source = Byte();
        oaep->Label = In(out oaep->LabelBytes);
        return oaep;
    }

    // Of its length, or one that lies about it.
    private void SetParameter(NativeMechanism* mechanism, void* parameter, int bytes)
    {
        mechanism->Parameter = parameter;
        mechanism->ParameterBytes = (ulong)bytes - (Byte() % 8 == 7 ? 1UL : 0);
    }

    /// <param name="count">Attributes.</param>
    /// <param name="isRead">True where the values are read, false where they are written to.</param>
    /// <param name="depth">How many templates this one stands in.</param>
    public NativeAttribute* Template(out ulong count, bool isRead, int depth = 0)
    {
        byte kind = Byte();
        if (kind % 16 < 2)
        {
            count = kind % 2 == 0 ? Number() : Impossible[kind / 16 % Impossible.Length];
            return kind % 2 == 0 ? null : (NativeAttribute*)Keep([]);
        }

        count = kind % 16 == 2 ? (ulong)kind * 2 : (ulong)(kind / 16);
        NativeAttribute* template = (NativeAttribute*)Keep(new byte[(int)count * sizeof(NativeAttribute)]);
        for (ulong i = 0; i < count; i++)
        {
            template[i].Type = (CKA)Number();
            bool isTemplate = AttributeRow.Find(template[i].Type)?.Kind == AttributeKind.Template;
            if (isTemplate && depth == DepthMax)
            {
                // What stands there would be read as pointers, and a host's pointers are right.
                template[i].ValueBytes = Byte();
            }
            else if (isTemplate || (depth < DepthMax && ((ulong)template[i].Type & CKF.CKF_ARRAY_ATTRIBUTE) != 0 && Byte() % 2 == 0))
            {
                template[i].Value = (byte*)Template(out ulong nested, isRead, depth + 1);
                template[i].ValueBytes = template[i].Value is null || nested > byte.MaxValue ? 0 : nested * (ulong)sizeof(NativeAttribute);
            }
            else if (isRead)
            {
                template[i].Value = In(out template[i].ValueBytes);
            }
            else
            {
                template[i].ValueBytes = (ulong)Byte() * 4;
                template[i].Value = Byte() % 4 == 0 ? null : Keep(new byte[template[i].ValueBytes]);
            }
        }

        return template;
    }

    public void Dispose()
    {
        foreach (GuardedMemory buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    private byte* Keep(ReadOnlySpan<byte> content)
    {
        GuardedMemory buffer = new(content[..Math.Min(content.Length, GuardedMemory.BytesMax)]);
        _buffers.Add(buffer);
        return buffer.Start;
    }

    private byte[] Padded(int count)
    {
        byte[] bytes = new byte[count];
        Take(count).CopyTo(bytes);
        return bytes;
    }
}
