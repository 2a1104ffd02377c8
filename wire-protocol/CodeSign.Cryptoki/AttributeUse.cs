namespace CodeSign.Cryptoki;

/// <summary>An attribute in some classes: what the standard's table for them says of it.</summary>
public sealed record AttributeUse(ObjectClasses Classes, AttributeRules Rules);
