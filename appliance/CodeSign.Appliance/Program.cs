using CodeSign.Appliance.Commands;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Hosting;

SocketThreads.AnswerInline();
UnixProcess.KeepFilesPrivate();
IReadOnlyList<string> hardening = ProcessHardening.Apply();
return await CommandLine.RunAsync(args, hardening);
