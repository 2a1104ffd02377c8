namespace CodeSign.Cryptoki;

/// <summary>The function list a function first stands in.</summary>
public enum InterfaceVersion
{
    V2_40,
    V3_0,
    V3_2,
}
