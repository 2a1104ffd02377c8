using CodeSign.Cli;

using Terminal terminal = Terminal.OfConsole();
return new CommandLine(terminal).Run(args);
