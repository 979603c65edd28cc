using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Fecom.Testing;
using Fecom.Validation.ForgetInvalidEvents;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.IntegrationTests.Validation;

/// <summary>Invalid events in Elasticsearch, whatever its bulk API answers.</summary>
public sealed class ElasticsearchTests(Servers servers)
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Invalid_events_wait_for_a_server_that_is_away_and_health_says_so_without_the_host_being_down()
    {
        await using FakeElasticsearch search = await FakeElasticsearch.StartAsync();
        await search.StopAsync();
        await using ValidationHost host = await StartAsync(search, ("Elasticsearch:ApiKey", "c2VjcmV0"));
        await new ShopEvents(host).SendAsync([.. Bad(3).Select(Encoding.UTF8.GetBytes), [0xff, 0x00]]);
        await Poll.UntilEqualAsync(
            HealthStatus.Degraded,
            async () => (await host.HealthAsync("elasticsearch")).Status,
            TestTimeout,
            "health"
        );
        Assert.StartsWith(
            "4 invalid events wait",
            (await host.HealthAsync("elasticsearch")).Description,
            StringComparison.Ordinal
        );
        // Old ones too: what the index does not have is not forgotten.
        await ExecuteAsync(host, "update validation.invalid_event set rejected_at = '2026-01-31T23:59:59Z'");
        Assert.Equal(0, await host.Services.GetRequiredService<Retention>().ForgetInvalidEventsAsync(Cancelled));

        await search.RestartAsync();
        await DoneAsync(host, 4);

        Assert.All(
            search.Documents,
            document =>
                Assert.Equal(
                    $"fecom-invalid-events-{((string)document.Value["rejected_at"]!)[..10].Replace('-', '.')}",
                    document.Key.Index
                )
        );
        Assert.All(search.Sets.Values, count => Assert.Equal(1, count));
        Assert.Equal("ApiKey c2VjcmV0", search.Authorization);
        var text = search.Documents.Values.Single(document => (long)document["position"]! == 1);
        Assert.Equal(Bad(1)[0], (string)text["original"]!);
        Assert.Equal("price_positive", (string)text["errors"]![0]!["rule"]!);
        Assert.Equal(
            "/wA=",
            (string)search.Documents.Values.Single(document => (long)document["position"]! == 4)["original_base64"]!
        );
        Assert.Equal(HealthStatus.Healthy, (await host.HealthAsync("elasticsearch")).Status);
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_way_in_which_a_request_can_fail_is_waited_out_and_no_invalid_event_is_lost()
    {
        await using FakeElasticsearch search = await FakeElasticsearch.StartAsync();
        search.Fail(503);
        search.Fail(429, retryAfter: "1");
        search.Fail(401);
        search.Fail((context, _) => Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted));
        search.Fail((context, _) => context.Response.WriteAsync("<html>not the bulk API</html>"));
        search.Fail((context, _) => context.Response.WriteAsync("""{"errors":false,"items":[]}"""));
        search.Fail((context, _) => context.Response.WriteAsync("""{"errors":false}"""));
        // Takes everything, and the answer is cut.
        search.Fail(
            async (context, body) =>
            {
                string answer = search.Take(body);
                context.Response.ContentLength = answer.Length;
                await context.Response.WriteAsync(answer[..(answer.Length / 2)]);
                context.Abort();
            }
        );
        await using ValidationHost host = await StartAsync(search, ("Elasticsearch:TimeoutSeconds", "0.5"));
        await new ShopEvents(host).SendAsync(Bad(20));

        await DoneAsync(host, 20);

        Assert.Equal(0, search.FaultsLeft);
        Assert.Equal(20, search.Documents.Count);
        Assert.Equal(0, await host.CountAsync("validation.invalid_event where index_error is not null"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Single_documents_are_sent_again_or_given_up_by_what_is_said_of_each()
    {
        await using FakeElasticsearch search = await FakeElasticsearch.StartAsync();
        Dictionary<string, int> refusals = new(StringComparer.Ordinal);
        search.StatusOf = document =>
        {
            long position = (long)document.Source["position"]!;
            int times = refusals[document.Id] = refusals.GetValueOrDefault(document.Id) + 1;
            return (position, times) switch
            {
                (3, _) => 400,
                (4 or 5, < 3) => 429,
                (6, < 2) => 503,
                _ => 201,
            };
        };
        await using ValidationHost host = await StartAsync(search);
        await new ShopEvents(host).SendAsync(Bad(8));

        await DoneAsync(host, 8);

        Assert.Equal(
            [1, 2, 4, 5, 6, 7, 8],
            search.Documents.Values.Select(document => (long)document["position"]!).Order()
        );
        Assert.All(search.Sets.Values, count => Assert.Equal(1, count));
        JsonElement invalidEvent = await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/invalid-events/3", Cancelled);
        Assert.Equal("400: some_exception: no luck", invalidEvent.GetProperty("index_error").GetString());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_request_that_is_too_large_goes_in_parts_and_a_document_that_is_too_large_is_given_up()
    {
        await using FakeElasticsearch search = await FakeElasticsearch.StartAsync();
        search.MaxBytes = 3_000;
        await using ValidationHost host = await StartAsync(search);
        await new ShopEvents(host).SendAsync([
            .. Bad(10),
            ShopEvents.With("\"s\"", $"\"{new string('x', 4_000)}\""),
            .. Bad(1),
        ]);

        await DoneAsync(host, 12);

        Assert.Equal(11, search.Documents.Count);
        Assert.Equal(1, await host.CountAsync("validation.invalid_event where index_error like '413:%'"));
        Assert.All(search.RequestSizes, size => Assert.InRange(size, 1, 20_000));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_next_host_goes_on_where_the_last_one_stood()
    {
        await using FakeElasticsearch search = await FakeElasticsearch.StartAsync();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (ValidationHost first = await StartAsync(search, database))
        {
            await new ShopEvents(first).SendAsync(Bad(5));
            await DoneAsync(first, 5);
        }

        await using ValidationHost second = await StartAsync(search, database);
        await new ShopEvents(second, "file:other.csv@2").SendAsync(Bad(5));
        await DoneAsync(second, 10);

        Assert.Equal(10, search.Documents.Count);
        Assert.All(search.Sets.Values, count => Assert.Equal(1, count));
    }

    private async Task<ValidationHost> StartAsync(FakeElasticsearch search, params (string, string)[] settings) =>
        await StartAsync(search, await servers.Postgres.CreateDatabaseAsync(), settings);

    private static Task<ValidationHost> StartAsync(
        FakeElasticsearch search,
        string database,
        params (string, string)[] settings
    ) =>
        ValidationHost.StartAsync(
            database,
            [
                ("Elasticsearch:Url", search.Url),
                ("Elasticsearch:RetrySeconds", "0.02"),
                ("Elasticsearch:MaxRetrySeconds", "0.1"),
                .. settings,
            ]
        );

    private static string[] Bad(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => ShopEvents.With("35.79", "0"))];

    private static Task DoneAsync(ValidationHost host, long position) =>
        Poll.UntilEqualAsync(
            1,
            () => host.CountAsync($"validation.index_position where position = {position} and error is null"),
            TestTimeout,
            $"the index up to invalid event {position}"
        );

    private static async Task ExecuteAsync(ValidationHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }
}
