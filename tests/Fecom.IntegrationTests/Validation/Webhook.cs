using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fecom.IntegrationTests.Validation;

/// <summary>Takes posts, after it has refused some.</summary>
internal sealed class Webhook : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _refusals;

    private Webhook(WebApplication app, int refusals)
    {
        _app = app;
        _refusals = refusals;
        _app.MapPost("/hook", TakeAsync);
    }

    public string Url => _app.Urls.First() + "/hook";

    public ConcurrentQueue<JsonElement> Taken { get; } = new();

    /// <summary>What was told, in its order.</summary>
    public string States => string.Join(' ', Taken.Select(body => body.GetProperty("state").GetString()));

    public static async Task<Webhook> StartAsync(int refusals)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        Webhook webhook = new(builder.Build(), refusals);
        await webhook._app.StartAsync(CancellationToken.None);
        return webhook;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        JsonElement body = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body);
        if (Interlocked.Decrement(ref _refusals) >= 0)
        {
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
            return;
        }

        Taken.Enqueue(body);
    }
}
