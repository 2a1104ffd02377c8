using System.Globalization;
using System.IO.Compression;
using System.Text;
using CodeSign.Tests;

namespace CodeSign.Interop.Tests.Harness;

/// <summary>Files to sign, made with the tools that their authors would take: each once, then copied to the benches.</summary>
internal static class Inputs
{
    private const string PdfText = "BT /F1 24 Tf 40 100 Td (Signed page) Tj ET";

    private static readonly Workbench Workshop = new();
    private static readonly Dictionary<string, string> Made = new(StringComparer.Ordinal);

    public static string WindowsProgram(Workbench bench, string name) => Copy(bench, name, "a.exe", () =>
        Workshop.Run($"x86_64-w64-mingw32-gcc -O1 -o a.exe {Repository.PathOf("fixtures/files/hello.c")}").Succeeds());

    public static string EfiProgram(Workbench bench, string name) => Copy(bench, name, "a.efi", () =>
        Workshop.Run($"""
            x86_64-w64-mingw32-gcc -nostdlib -shared -Wl,--subsystem,10 -e efi_main -o a.efi {Repository.PathOf("fixtures/files/efi.c")}
            """).Succeeds());

    public static string WindowsInstaller(Workbench bench, string name) => Copy(bench, name, "a.msi", () =>
    {
        Workshop.Write("payload.txt", "installed\n");
        Workshop.Copy(Repository.PathOf("fixtures/files/installer.wxs"), "installer.wxs");
        Workshop.Run($"wixl -o a.msi installer.wxs").Succeeds();
    });

    public static string Cabinet(Workbench bench, string name) => Copy(bench, name, "a.cab", () =>
    {
        Workshop.Write("cabinet.txt", string.Concat(Enumerable.Repeat("packed\n", 500)));
        Workshop.Run($"gcab -c a.cab cabinet.txt").Succeeds();
    });

    public static string AppxPackage(Workbench bench, string name) => Copy(bench, name, "a.appx", () => Zip("a.appx",
        ("AppxManifest.xml", "<Package/>\n"),
        ("AppxBlockMap.xml", """
            <?xml version="1.0" encoding="UTF-8"?>
            <BlockMap xmlns="http://schemas.microsoft.com/appx/2010/blockmap" HashMethod="http://www.w3.org/2001/04/xmlenc#sha256"></BlockMap>
            """),
        ("[Content_Types].xml", """
            <?xml version="1.0" encoding="UTF-8"?>
            <Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="text/xml"/></Types>
            """)));

    public static string Jar(Workbench bench, string name) => Copy(bench, name, "a.jar", () => Zip("a.jar",
        ("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\n\r\n"),
        ("demo/Hello.txt", "Hello from a JAR\n"),
        ("demo/Other.txt", string.Concat(Enumerable.Repeat("other\n", 400)))));

    public static string Apk(Workbench bench, string name) => Copy(bench, name, "a.apk", () =>
    {
        Workshop.Copy(Repository.PathOf("fixtures/files/AndroidManifest.xml"), "AndroidManifest.xml");
        Workshop.Run($"aapt package -f -M AndroidManifest.xml -F u.apk").Succeeds();
        Workshop.Run($"zipalign -f 4 u.apk a.apk").Succeeds();
    });

    /// <summary>One page with one line of text, the cross-reference table computed.</summary>
    public static string Pdf(Workbench bench, string name)
    {
        string[] objects =
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            $"<< /Length {PdfText.Length} >>\nstream\n{PdfText}\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ];
        StringBuilder file = new("%PDF-1.7\n");
        StringBuilder table = new StringBuilder().Append(CultureInfo.InvariantCulture, $"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        for (int i = 0; i < objects.Length; i++)
        {
            table.Append(CultureInfo.InvariantCulture, $"{file.Length:D10} 00000 n \n");
            file.Append(CultureInfo.InvariantCulture, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }
        int start = file.Length;
        file.Append(table).Append(CultureInfo.InvariantCulture, $"trailer\n<< /Size {objects.Length + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
        return bench.Write(name, file.ToString());
    }

    /// <summary>Where the text of the page stands in a file made from <see cref="Pdf"/>.</summary>
    public static int PdfTextOffset(byte[] pdf) => pdf.AsSpan().IndexOf("Signed page"u8);

    /// <summary>A copy of a zip file with other content in one entry, everything else (signatures too) as it was.</summary>
    public static void ChangeZipEntry(Workbench bench, string name, string copy, string entry)
    {
        bench.Copy(bench.At(name), copy);
        using ZipArchive archive = ZipFile.Open(bench.At(copy), ZipArchiveMode.Update);
        archive.GetEntry(entry)!.Delete();
        using StreamWriter writer = new(archive.CreateEntry(entry).Open());
        writer.Write("Hello from somebody else\n");
    }

    public static void CleanUp() => Workshop.Dispose();

    private static string Copy(Workbench bench, string name, string source, Action make)
    {
        lock (Made)
        {
            if (!Made.TryGetValue(source, out string? path))
            {
                make();
                path = Workshop.At(source);
                Made.Add(source, path);
            }
            return bench.Copy(path, name);
        }
    }

    private static void Zip(string name, params (string Entry, string Text)[] entries)
    {
        using ZipArchive archive = ZipFile.Open(Workshop.At(name), ZipArchiveMode.Create);
        foreach ((string entry, string text) in entries)
        {
            using StreamWriter writer = new(archive.CreateEntry(entry).Open());
            writer.Write(text);
        }
    }
}
