using System.Reflection;

namespace CodeSign.Appliance.Hosting;

/// <summary>The version this was built as.</summary>
internal static class ProductVersion
{
    public static string Current { get; } = typeof(ProductVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
