namespace CodeSign.Cryptoki.Templates;

/// <summary>One attribute as it travels: numbers are 8 bytes big-endian, CK_BBOOL one byte, everything else its bytes.</summary>
/// <param name="Type">CKA_….</param>
/// <param name="Value">Its value.</param>
public readonly record struct ObjectAttribute(CKA Type, ReadOnlyMemory<byte> Value);
