using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fecom.IntegrationTests.Validation;

/// <summary>A document that a bulk request sets.</summary>
internal sealed record BulkDocument(string Index, string Id, JsonObject Source);

/// <summary>
/// The bulk API as far as it is needed here. It keeps documents by index and id; the next requests can be answered in
/// other ways, and single documents with a status of their own.
/// </summary>
internal sealed class FakeElasticsearch : IAsyncDisposable
{
    private readonly ConcurrentQueue<Func<HttpContext, byte[], Task>> _faults = new();
    private WebApplication? _app;

    public ConcurrentDictionary<(string Index, string Id), JsonObject> Documents { get; } = new();

    /// <summary>How often each document was set.</summary>
    public ConcurrentDictionary<string, int> Sets { get; } = new();

    public ConcurrentQueue<int> RequestSizes { get; } = new();

    public string? Authorization { get; private set; }

    /// <summary>The status that a document is answered; 201 keeps it.</summary>
    public Func<BulkDocument, int> StatusOf { get; set; } = _ => 201;

    /// <summary>Larger requests are answered 413.</summary>
    public int MaxBytes { get; set; } = int.MaxValue;

    public string Url { get; private set; } = "";

    public int FaultsLeft => _faults.Count;

    public static async Task<FakeElasticsearch> StartAsync()
    {
        FakeElasticsearch server = new();
        await server.StartServerAsync("http://127.0.0.1:0");
        server.Url = server._app!.Urls.First();
        return server;
    }

    public Task RestartAsync() => StartServerAsync(Url);

    public async Task StopAsync()
    {
        await _app!.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        _app = null;
    }

    /// <summary>The next request is answered in this way.</summary>
    public void Fail(Func<HttpContext, byte[], Task> answer) => _faults.Enqueue(answer);

    /// <summary>The next request is answered a status.</summary>
    public void Fail(int status, string? retryAfter = null) =>
        Fail(
            (context, _) =>
            {
                context.Response.StatusCode = status;
                context.Response.Headers.RetryAfter = retryAfter;
                return context.Response.WriteAsync("no");
            }
        );

    /// <summary>Sets the request's documents and gives the answer that says so.</summary>
    public string Take(byte[] body)
    {
        JsonArray items = [];
        foreach (BulkDocument document in Read(body))
        {
            int status = StatusOf(document);
            JsonObject item = new() { ["status"] = status };
            if (status < 300)
            {
                Documents[(document.Index, document.Id)] = document.Source;
                Sets.AddOrUpdate(document.Id, 1, (_, count) => count + 1);
            }
            else
            {
                item["error"] = new JsonObject { ["type"] = "some_exception", ["reason"] = "no luck" };
            }

            items.Add(new JsonObject { ["index"] = item });
        }

        return new JsonObject
        {
            ["errors"] = items.Any(item => (int)item!["index"]!["status"]! >= 300),
            ["items"] = items,
        }.ToJsonString();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await StopAsync();
        }
    }

    private static IEnumerable<BulkDocument> Read(byte[] body)
    {
        string[] lines = Encoding.UTF8.GetString(body).Split('\n');
        Assert.Equal("", lines[^1]);
        for (int i = 0; i < lines.Length - 1; i += 2)
        {
            JsonNode action = JsonNode.Parse(lines[i])!["index"]!;
            yield return new BulkDocument(
                (string)action["_index"]!,
                (string)action["_id"]!,
                JsonNode.Parse(lines[i + 1])!.AsObject()
            );
        }
    }

    private async Task StartServerAsync(string url)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        _app = builder.Build();
        _app.MapPost("/_bulk", AnswerAsync);
        await _app.StartAsync(CancellationToken.None);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body);
        Authorization = context.Request.Headers.Authorization;
        RequestSizes.Enqueue((int)body.Length);
        Assert.Equal("application/x-ndjson", context.Request.ContentType);
        if (_faults.TryDequeue(out Func<HttpContext, byte[], Task>? fault))
        {
            await fault(context, body.ToArray());
        }
        else if (body.Length > MaxBytes)
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
        }
        else
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(Take(body.ToArray()));
        }
    }
}
