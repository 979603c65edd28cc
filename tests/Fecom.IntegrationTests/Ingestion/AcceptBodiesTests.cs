using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>What a call to POST /events may bring, and what is said of any other.</summary>
public sealed class AcceptBodiesTests(Servers servers) : AcceptEventsContext(servers)
{
    [Fact(Timeout = 60_000)]
    public async Task Good_and_bad_events_are_told_apart()
    {
        await using IngestionHost host = await StartAsync();
        using HttpResponseMessage mixed = await PostAsync(
            host,
            $$"""[{{Event(1)}},{"event_type":"click"},{{Event(2)}}]"""
        );
        JsonElement answer = await mixed.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        Assert.Equal((HttpStatusCode.Accepted, 2), (mixed.StatusCode, answer.GetProperty("accepted").GetInt32()));
        JsonElement rejected = answer.GetProperty("rejected")[0];
        Assert.Equal(1, rejected.GetProperty("index").GetInt32());
        Assert.Contains(
            rejected.GetProperty("errors").EnumerateArray(),
            e => e.GetProperty("rule").GetString() == "event_type_known"
        );

        using HttpResponseMessage none = await PostAsync(host, """{"price":"free"}""");
        JsonElement problem = await none.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, none.StatusCode);
        Assert.Equal("application/problem+json", none.Content.Headers.ContentType!.MediaType);
        Assert.Contains(
            problem.GetProperty("rejected")[0].GetProperty("errors").EnumerateArray(),
            e => e.GetProperty("field").GetString() == "price"
        );
    }

    [Fact(Timeout = 60_000)]
    public async Task Calls_that_cannot_be_taken_say_why()
    {
        await using IngestionHost host = await StartAsync(
            null,
            ("Ingestion:Events:MaxEvents", "10"),
            ("Ingestion:Events:MaxBytes", "4096")
        );
        await StatusAsync(HttpStatusCode.RequestEntityTooLarge, PostAsync(host, Array(0, 11)));
        await StatusAsync(HttpStatusCode.RequestEntityTooLarge, PostAsync(host, Event(1) + new string(' ', 5_000)));
        await StatusAsync(
            HttpStatusCode.RequestEntityTooLarge,
            PostAsync(host, Zip(Event(1) + new string(' ', 50_000)), "gzip")
        );
        await StatusAsync(HttpStatusCode.BadRequest, PostAsync(host, "[1,"));
        await StatusAsync(HttpStatusCode.BadRequest, PostAsync(host, "no gzip"u8.ToArray(), "gzip"));
        await StatusAsync(HttpStatusCode.UnsupportedMediaType, PostAsync(host, "{}"u8.ToArray(), "br"));
        Assert.Equal(1, await AcceptedAsync(host, Event(1)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_compressed_call_is_taken_however_its_coding_is_written_and_only_when_it_is_whole()
    {
        await using IngestionHost host = await StartAsync();
        foreach ((string coding, int from) in new[] { ("gzip", 0), ("GZIP", 500), ("x-gzip", 1_000) })
        {
            using HttpResponseMessage response = await PostAsync(host, Zip(Array(from, 500)), coding);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }

        byte[] whole = Zip(string.Join('\n', Enumerable.Range(2_000, 1_000).Select(Event)));
        foreach (int length in (int[])[1, 10, whole.Length / 2, whole.Length - 8, whole.Length - 1])
        {
            using HttpResponseMessage cut = await PostAsync(host, whole[..length], "gzip");
            Assert.Equal(HttpStatusCode.BadRequest, cut.StatusCode);
            Assert.Contains("ends early", await cut.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
        }

        using HttpResponseMessage other = await PostAsync(host, whole, "deflate");
        Assert.Equal(
            (HttpStatusCode.UnsupportedMediaType, "gzip"),
            (other.StatusCode, string.Join(',', other.Headers.GetValues("Accept-Encoding")))
        );
        await RelayedAsync(1_500);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("application/json; charset=utf-8", HttpStatusCode.Accepted)]
    [InlineData("application/json; charset=\"UTF-8\"", HttpStatusCode.Accepted)]
    [InlineData("application/json; charset=utf-16", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json; charset=iso-8859-1", HttpStatusCode.UnsupportedMediaType)]
    public async Task A_body_is_UTF_8(string type, HttpStatusCode expected)
    {
        await using IngestionHost host = await StartAsync();
        using ByteArrayContent content = new(Encoding.UTF8.GetBytes(Event(1)));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using HttpResponseMessage response = await host.Http.PostAsync(
            new Uri("/api/v1/events", UriKind.Relative),
            content,
            Cancelled
        );
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(
            expected == HttpStatusCode.UnsupportedMediaType,
            (await response.Content.ReadAsStringAsync(Cancelled)).Contains("UTF-8", StringComparison.Ordinal)
        );
    }
}
