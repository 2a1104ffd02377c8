namespace CodeSign.Wire.Tests;

/// <summary>Who reads the bytes.</summary>
internal enum Reader
{
    Server,
    Client,
}
