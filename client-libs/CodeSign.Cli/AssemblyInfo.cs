using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

// The client's sockets are Linux's.
[assembly: SupportedOSPlatform("linux")]
[assembly: InternalsVisibleTo("CodeSign.Cli.Tests")]
