using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Text.Json;
using CodeSign.Appliance.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodeSign.Appliance.Health;

/// <summary>
/// The HTTPS door: <c>/healthz</c> for load balancers, <c>/ca.pem</c> for first trust (its fingerprint is compared by whoever
/// fetches it). Neither needs a credential, neither tells anything about keys.
/// </summary>
internal sealed class HealthListener(
    IPEndPoint endpoint, TlsIdentity tls, WriteProbe probe, string version, string? authorityPem, ILoggerFactory log) : IAsyncDisposable
{
    private const int ConnectionsMax = 1000;

    private WebApplication? _host;
    private ListenOptions? _listen;

    public IPEndPoint Endpoint => _listen?.IPEndPoint ?? endpoint;

    /// <exception cref="IOException">The address is in use or not this machine's.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(log);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(endpoint, listen =>
            {
                _listen = listen;
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                    {
                        ServerCertificateContext = tls.Context,
                        EnabledSslProtocols = SslProtocols.None,  // what the system allows: load balancers choose
                        AllowRenegotiation = false,
                    }),
                });
            });
        });
        _host = builder.Build();
        _host.Run(AnswerAsync);
        await _host.StartAsync(cancel);
    }

    public async Task StopAsync(TimeSpan grace)
    {
        if (_host is not null)
        {
            using CancellationTokenSource deadline = new(grace);
            await _host.StopAsync(deadline.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }

    private Task AnswerAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD";
            return Task.CompletedTask;
        }

        return context.Request.Path.Value switch
        {
            "/healthz" => HealthAsync(response, context.RequestAborted),
            "/ca.pem" when authorityPem is not null => AuthorityAsync(response, authorityPem, context.RequestAborted),
            _ => NotFoundAsync(response),
        };
    }

    private async Task HealthAsync(HttpResponse response, CancellationToken cancel)
    {
        bool writable = await probe.ProblemAsync(cancel) is null;
        response.StatusCode = writable ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        response.ContentType = "application/json";
        await response.Body.WriteAsync(HealthJson(writable ? "ok" : "failing"), cancel);
    }

    private byte[] HealthJson(string status)
    {
        using MemoryStream body = new();
        using (Utf8JsonWriter json = new(body))
        {
            json.WriteStartObject();
            json.WriteString("status", status);
            json.WriteString("version", version);
            json.WriteEndObject();
        }

        return body.ToArray();
    }

    private static Task AuthorityAsync(HttpResponse response, string pem, CancellationToken cancel)
    {
        response.ContentType = "application/x-pem-file";
        return response.WriteAsync(pem, cancel);
    }

    private static Task NotFoundAsync(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    /// <summary>Signals are the daemon's business, not a listener's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
