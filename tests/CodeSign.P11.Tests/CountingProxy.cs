using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using CodeSign.Tests;

namespace CodeSign.P11.Tests;

/// <summary>
/// Stands between the module and the appliance, sees only ciphertext, and counts how often the direction changes from the module's
/// bytes to the appliance's: that is a round trip.
/// </summary>
internal sealed class CountingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string _host;
    private readonly int _port;
    private int _roundTrips;

    private CountingProxy(string host, int port)
    {
        _host = host;
        _port = port;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>A client's configuration that leads through this proxy.</summary>
    public required string Configuration { get; init; }

    public int RoundTrips => Volatile.Read(ref _roundTrips);

    public static CountingProxy InFrontOf(Workbench bench, string[] lines)
    {
        int server = Array.FindIndex(lines, line => line.StartsWith("server", StringComparison.Ordinal));
        string[] address = lines[server].Split('=', 2)[1].Trim().Split(':');
        CountingProxy proxy = new(address[0], int.Parse(address[1], CultureInfo.InvariantCulture)) { Configuration = bench.At("proxy.conf") };
        lines[server] = string.Create(CultureInfo.InvariantCulture, $"server = {address[0]}:{((IPEndPoint)proxy._listener.LocalEndpoint).Port}");
        File.WriteAllLines(proxy.Configuration, lines);
        return proxy;
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient module)
    {
        using TcpClient owned = module;
        using TcpClient appliance = new();
        try
        {
            await appliance.ConnectAsync(_host, _port);
            owned.NoDelay = appliance.NoDelay = true;
            StrongBox<bool> asked = new();
            await Task.WhenAny(
                PassAsync(owned.GetStream(), appliance.GetStream(), () => asked.Value = true),
                PassAsync(appliance.GetStream(), owned.GetStream(), () =>
                {
                    if (asked.Value)
                    {
                        asked.Value = false;
                        Interlocked.Increment(ref _roundTrips);
                    }
                }));
        }
        catch (Exception end) when (end is SocketException or IOException or ObjectDisposedException)
        {
            // One of the two went away.
        }
    }

    private static async Task PassAsync(NetworkStream from, NetworkStream to, Action seen)
    {
        byte[] buffer = new byte[65536];
        int count;
        while ((count = await from.ReadAsync(buffer)) > 0)
        {
            seen();
            await to.WriteAsync(buffer.AsMemory(0, count));
        }
    }
}
