// Where governance and the wire have a word in common, the bare word is governance's.
global using ClientCertificate = CodeSign.Appliance.Governance.ClientCertificate;
global using EnvironmentPolicy = CodeSign.Appliance.Governance.EnvironmentPolicy;
global using Grant = CodeSign.Appliance.Governance.Grant;
global using Project = CodeSign.Appliance.Governance.Project;
global using PssParameters = CodeSign.Appliance.Keys.PssParameters;
