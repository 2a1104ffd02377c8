namespace CodeSign.Cryptoki;

/// <summary>What an attribute's value is made of.</summary>
public enum AttributeKind
{
    /// <summary>CK_BBOOL: one byte, 0 or 1.</summary>
    Bool,

    /// <summary>CK_ULONG and the types that are one: the native word in the module, 8 bytes big-endian on our wire.</summary>
    Ulong,

    /// <summary>Bytes, often DER.</summary>
    Bytes,

    /// <summary>UTF-8, not terminated.</summary>
    Text,

    /// <summary>CK_DATE, or nothing: see <see cref="CkDate"/>.</summary>
    Date,

    /// <summary>An unsigned big-endian integer of any length, without leading zeros.</summary>
    BigInteger,

    /// <summary>An array of CK_ULONG (mechanisms).</summary>
    UlongArray,

    /// <summary>An array of CK_ATTRIBUTE.</summary>
    Template,
}
