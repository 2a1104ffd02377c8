// codesignd runs on Linux: Unix sockets, file modes, systemd.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
