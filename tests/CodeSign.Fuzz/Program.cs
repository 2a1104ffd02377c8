using CodeSign.Fuzz;

return CommandLine.Run(args);
