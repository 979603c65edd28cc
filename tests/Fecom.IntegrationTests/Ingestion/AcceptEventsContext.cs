using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Fecom.Testing;
using Npgsql;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>A host that takes events over HTTP, and calls to it.</summary>
public abstract class AcceptEventsContext(Servers servers) : InputFolderContext(servers)
{
    private protected static string User(int number) =>
        (500_000_000 + (number % 13)).ToString(CultureInfo.InvariantCulture);

    private protected static string Event(int number) =>
        $$"""{"event_time":"2019-10-01 00:00:00 UTC","event_type":"view","product_id":{{number + 1}},"price":1.5,"user_id":{{User(number)}},"user_session":"s{{number}}"}""";

    private protected static string WithId(int number, string id) => $"{Event(number)[..^1]},\"event_id\":\"{id}\"}}";

    private protected static string Array(int from, int count) =>
        $"[{string.Join(',', Enumerable.Range(from, count).Select(Event))}]";

    private protected static byte[] Zip(string text)
    {
        using MemoryStream zipped = new();
        using (GZipStream gzip = new(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return zipped.ToArray();
    }

    private protected static async Task<int> AcceptedAsync(IngestionHost host, string body)
    {
        using HttpResponseMessage response = await PostAsync(host, body);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled)).GetProperty("accepted").GetInt32();
    }

    private protected static Task<HttpResponseMessage> PostAsync(IngestionHost host, string body) =>
        PostAsync(host, Encoding.UTF8.GetBytes(body), null);

    private protected static async Task<HttpResponseMessage> PostAsync(
        IngestionHost host,
        byte[] body,
        string? encoding,
        string? key = null
    )
    {
        using ByteArrayContent content = new(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (encoding is not null)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/events") { Content = content };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await host.Http.SendAsync(request, Cancelled);
    }

    /// <summary>Without Content-Length.</summary>
    private protected static async Task<HttpResponseMessage> PostChunkedAsync(IngestionHost host, string body)
    {
        using StreamContent content = new(new MemoryStream(Encoding.UTF8.GetBytes(body)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/events") { Content = content };
        request.Headers.TransferEncodingChunked = true;
        return await host.Http.SendAsync(request, Cancelled);
    }

    private protected static async Task TakenAsync(Task<HttpResponseMessage> call)
    {
        using HttpResponseMessage response = await call;
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    private protected static async Task StatusAsync(HttpStatusCode expected, Task<HttpResponseMessage> call)
    {
        using HttpResponseMessage response = await call;
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    private protected static async Task<JsonElement> ApiAsync(IngestionHost host)
    {
        JsonElement body = await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/ingestion/sources", Cancelled);
        return body.GetProperty("sources")
            .EnumerateArray()
            .Single(source => source.GetProperty("name").GetString() == "api");
    }

    private protected static async Task EmptyAsync(IngestionHost host) =>
        await Poll.UntilEqualAsync(
            0L,
            async () =>
            {
                await using NpgsqlCommand count = host.Database.CreateCommand("select count(*) from ingestion.outbox");
                return (long)(await count.ExecuteScalarAsync(Cancelled))!;
            },
            TestTimeout,
            "chunks in the outbox"
        );

    private protected static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using NpgsqlCommand command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private protected static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private protected Task RelayedAsync(int events) =>
        Poll.UntilEqualAsync(events, () => Task.FromResult(_pipeline.Taken.Count), TestTimeout, "relayed events");
}
