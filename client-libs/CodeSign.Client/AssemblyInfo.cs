using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("CodeSign.Client.Tests")]
[assembly: InternalsVisibleTo("CodeSign.Fuzz")]
