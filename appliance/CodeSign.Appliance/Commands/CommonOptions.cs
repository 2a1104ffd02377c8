using System.CommandLine;
using CodeSign.Appliance.Administration;
using CodeSign.Appliance.Configuration;
using CodeSign.Appliance.Custody;
using CodeSign.Appliance.Hosting;
using CodeSign.Appliance.Store;
using CodeSign.Wire;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodeSign.Appliance.Commands;

/// <summary>What all commands but init share: the data folder, and how to reach the appliance that lives in it.</summary>
internal sealed class CommonOptions
{
    private readonly Option<string> _data = new("--data")
    {
        Description = "The data folder.",
        HelpName = "DIR",
        DefaultValueFactory = _ => ApplianceOptions.DefaultFolder,
    };

    private readonly Option<string?> _config = new("--config")
    {
        Description = $"The configuration file. Default: {ApplianceOptions.FileName} in the data folder.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _passphraseFile = new("--passphrase-file")
    {
        Description = "A file with the passphrase of the seal. Without it: configuration, service credential, or the terminal.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _keyFile = new("--key-file")
    {
        Description = "The key file of the seal. Without it: configuration or service credential.",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        command.Add(_data);
        command.Add(_config);
        command.Add(_passphraseFile);
        command.Add(_keyFile);
    }

    public ApplianceOptions Load(ParseResult parsed) => ApplianceOptions.Load(parsed.GetValue(_data)!, parsed.GetValue(_config));

    public Unsealing Unsealing(ParseResult parsed) => new(parsed.GetValue(_passphraseFile), parsed.GetValue(_keyFile));

    /// <summary>
    /// One request to the appliance as the caller <c>local</c>: to the daemon if it runs, else to an appliance opened in this
    /// process, through the same requests, so that right and record are the same.
    /// </summary>
    public async Task<TResponse> CallAsync<TResponse>(
        ParseResult parsed,
        OperationCode operation,
        IMessage body,
        MessageParser<TResponse> parser,
        SecretBytes? secret,
        CancellationToken cancel)
        where TResponse : IMessage<TResponse>
    {
        ApplianceOptions options = Load(parsed);
        await using LocalClient? running = await LocalClient.ConnectAsync(options.AdminSocket, cancel);
        if (running is not null)
        {
            return await running.CallAsync(operation, body, parser, secret, cancel);
        }

        using DataFolderLock folder = DataFolderLock.Acquire(options.Folder);
        await using Composition composition = Composition.Open(
            options, Unsealing(parsed).Unseal(options), new DoorFacts(), NullLoggerFactory.Instance);
        await using LocalClient client = composition.Talk();
        return await client.CallAsync(operation, body, parser, secret, cancel);
    }
}
