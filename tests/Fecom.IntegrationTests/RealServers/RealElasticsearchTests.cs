using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Fecom.IntegrationTests.Validation;
using Fecom.Testing;
using Fecom.Validation.IndexInvalidEvents;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>Invalid events in a real Elasticsearch, which decides by itself what a field is unless it is told.</summary>
public sealed class RealElasticsearchTests(Servers servers, RealHttpServerFixture fixture)
    : IClassFixture<RealHttpServerFixture>
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task A_first_line_that_looks_like_a_date_makes_nothing_a_date()
    {
        (ValidationHost host, HttpClient search, string index) = await StartAsync();
        await using ValidationHost _ = host;
        await new ShopEvents(host).SendAsync([Encoding.UTF8.GetBytes("2026-11-26")]);
        await DoneAsync(host, 1);
        await new ShopEvents(host, "file:b.csv@2").SendAsync([
            .. Enumerable.Range(0, 1_000).Select(i => Encoding.UTF8.GetBytes($"line {i}")),
        ]);
        await DoneAsync(host, 1_001);

        Assert.Equal(1_001, await CountAsync(search, index));
        Assert.Equal(0, await host.CountAsync("validation.invalid_event where index_error is not null"));
        JsonElement mapping = await search.GetFromJsonAsync<JsonElement>($"{index}-*/_mapping", Cancelled);
        JsonElement fields = mapping.EnumerateObject().Single().Value.GetProperty("mappings").GetProperty("properties");
        Assert.Equal(
            ("text", "keyword", "keyword"),
            (Type(fields, "original"), Type(fields, "rules"), Type(fields, "source"))
        );
    }

    [Fact(Timeout = 240_000)]
    public async Task An_index_of_an_older_version_that_took_a_line_for_a_date_is_left_and_the_day_goes_on_in_another()
    {
        (ValidationHost host, HttpClient search, string index) = await StartAsync();
        await using ValidationHost _ = host;
        string day = $"{index}-{TimeProvider.System.GetUtcNow():yyyy.MM.dd}";
        using HttpResponseMessage old = await search.PutAsJsonAsync(
            $"{day}/_doc/1",
            new { original = "2026-11-26" },
            Cancelled
        );
        Assert.True(old.IsSuccessStatusCode);
        using HttpResponseMessage refreshed = await search.PostAsync(
            new Uri($"{day}/_refresh", UriKind.Relative),
            null,
            Cancelled
        );
        await new ShopEvents(host).SendAsync([
            .. Enumerable.Range(0, 10).Select(i => Encoding.UTF8.GetBytes($"line {i}")),
        ]);
        await DoneAsync(host, 10);
        Assert.Equal(10, await CountAsync(search, index, $"{day}.2"));
    }

    [Fact(Timeout = 240_000)]
    public async Task A_closed_index_is_waited_for_with_the_servers_words_and_refused_events_can_be_sent_again()
    {
        (ValidationHost host, HttpClient search, string index) = await StartAsync();
        await using ValidationHost _ = host;
        await new ShopEvents(host).SendAsync([Encoding.UTF8.GetBytes("one")]);
        await DoneAsync(host, 1);
        string day = $"{index}-{TimeProvider.System.GetUtcNow():yyyy.MM.dd}";
        using HttpResponseMessage closed = await search.PostAsync(
            new Uri($"{day}/_close", UriKind.Relative),
            null,
            Cancelled
        );
        Assert.True(closed.IsSuccessStatusCode, await closed.Content.ReadAsStringAsync(Cancelled));
        await new ShopEvents(host, "file:b.csv@2").SendAsync([Encoding.UTF8.GetBytes("two")]);
        await Poll.UntilEqualAsync(
            HealthStatus.Degraded,
            async () => (await host.HealthAsync("elasticsearch")).Status,
            TestTimeout,
            "health"
        );
        Assert.Contains(
            "index_closed_exception",
            (await host.HealthAsync("elasticsearch")).Description,
            StringComparison.Ordinal
        );
        Assert.Equal(0, await host.CountAsync("validation.invalid_event where index_error is not null"));
        using HttpResponseMessage opened = await search.PostAsync(
            new Uri($"{day}/_open", UriKind.Relative),
            null,
            Cancelled
        );
        await DoneAsync(host, 2);

        await ExecuteAsync(host, "update validation.invalid_event set index_error = '400: some' where id = 1");
        Assert.Contains(
            "it refused 1",
            (await host.HealthAsync("elasticsearch")).Description,
            StringComparison.Ordinal
        );
        using HttpResponseMessage again = await host.Http.PostAsync(
            new Uri("/api/v1/invalid-events/index", UriKind.Relative),
            null,
            Cancelled
        );
        Assert.Contains("\"sending\":1", await again.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
        await Poll.UntilEqualAsync(
            HealthStatus.Healthy,
            async () => (await host.HealthAsync("elasticsearch")).Status,
            TestTimeout,
            "health"
        );
    }

    [Fact(Timeout = 240_000)]
    public async Task Indices_live_as_long_as_the_events_in_them()
    {
        (ValidationHost host, HttpClient search, string index) = await StartAsync();
        await using ValidationHost _ = host;
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string[] names =
        [
            $"{index}-{now.AddDays(-40):yyyy.MM.dd}",
            $"{index}-{now.AddDays(-40):yyyy.MM.dd}.2",
            $"{index}-{now.AddDays(-20):yyyy.MM.dd}",
            $"{index}-notes",
        ];
        foreach (string name in names)
        {
            using HttpResponseMessage created = await search.PutAsync(new Uri(name, UriKind.Relative), null, Cancelled);
            Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync(Cancelled));
        }

        Assert.Equal(2, await host.Services.GetRequiredService<OldIndices>().RemoveAsync(Cancelled));
        JsonElement left = await search.GetFromJsonAsync<JsonElement>($"{index}-*/_alias", Cancelled);
        Assert.Equal(names[2..].Order(), left.EnumerateObject().Select(entry => entry.Name).Order());
    }

    private async Task<(ValidationHost Host, HttpClient Search, string Index)> StartAsync()
    {
        string url = await fixture.UrlAsync(RealHttpServerKind.Elasticsearch);
        string index = $"fecom-test-{Guid.NewGuid():N}";
        ValidationHost host = await ValidationHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            ("Elasticsearch:Url", url),
            ("Elasticsearch:Index", index),
            ("Elasticsearch:RetrySeconds", "0.1"),
            ("Elasticsearch:MaxRetrySeconds", "1")
        );
        return (host, new HttpClient { BaseAddress = new Uri(url) }, index);
    }

    private static string? Type(JsonElement fields, string name) =>
        fields.GetProperty(name).GetProperty("type").GetString();

    private static async Task<long> CountAsync(HttpClient search, string index, string? name = null)
    {
        using HttpResponseMessage refreshed = await search.PostAsync(
            new Uri($"{name ?? $"{index}-*"}/_refresh", UriKind.Relative),
            null,
            Cancelled
        );
        return (await search.GetFromJsonAsync<JsonElement>($"{name ?? $"{index}-*"}/_count", Cancelled))
            .GetProperty("count")
            .GetInt64();
    }

    private static Task DoneAsync(ValidationHost host, long position) =>
        Poll.UntilEqualAsync(
            1,
            () => host.CountAsync($"validation.index_position where position = {position} and error is null"),
            TestTimeout,
            $"the index up to letter {position}"
        );

    private static async Task ExecuteAsync(ValidationHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }
}
