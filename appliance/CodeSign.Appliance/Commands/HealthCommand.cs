using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json;
using CodeSign.Appliance.Configuration;

namespace CodeSign.Appliance.Commands;

/// <summary><c>codesignd health</c>: what <c>/healthz</c> says, for images and machines that have no HTTP client.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        CommonOptions common = new();
        Command command = new("health", "Ask the running daemon's /healthz: exit code 0 when it can serve.");
        common.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            ApplianceOptions options = common.Load(parsed);
            if (Endpoint(options) is not { } endpoint)
            {
                await Console.Error.WriteAsync($"codesignd: No daemon with HTTPS runs on {options.Folder}.\n");
                return ExitCode.NotRunning;
            }

            return await AskAsync(endpoint, cancel);
        });
        return command;
    }

    private static IPEndPoint? Endpoint(ApplianceOptions options)
    {
        if (!File.Exists(options.EndpointsFile))
        {
            return null;
        }

        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(options.EndpointsFile));
        if (!file.RootElement.TryGetProperty("https", out JsonElement https)
            || !ApplianceOptions.TryParseEndpoint(https.GetString()!, out IPEndPoint listening))
        {
            return null;
        }

        return listening.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, listening.Port)
            : listening.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, listening.Port)
            : listening;
    }

    [SuppressMessage("Security", "CA5359", Justification = "Nothing is sent, and the answer is about the certificate's owner on this machine.")]
    private static async Task<int> AskAsync(IPEndPoint endpoint, CancellationToken cancel)
    {
        using SocketsHttpHandler handler = new() { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        using HttpClient http = new(handler) { Timeout = Patience };
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri($"https://{endpoint}/healthz"), cancel);
            await Console.Out.WriteAsync(await answer.Content.ReadAsStringAsync(cancel) + "\n");
            return answer.IsSuccessStatusCode ? ExitCode.Done : ExitCode.Refused;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteAsync($"codesignd: https://{endpoint}/healthz doesn't answer: {e.Message}\n");
            return ExitCode.Refused;
        }
    }
}
