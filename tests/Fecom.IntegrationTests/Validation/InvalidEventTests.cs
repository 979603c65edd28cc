using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Fecom.Testing;
using Fecom.Validation.ForgetInvalidEvents;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Validation;

/// <summary>What a data engineer does with invalid events.</summary>
public sealed class InvalidEventTests(Servers servers)
{
    private const string InvalidEvents = "/api/v1/invalid-events";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Invalid_events_are_browsed_by_page_and_by_every_filter()
    {
        await using ValidationHost host = await StartAsync();
        ShopEvents file = new(host);
        ShopEvents other = new(host, "file:other.csv@2");
        await file.SendAsync([
            .. Enumerable
                .Range(0, 5)
                .Select(i =>
                    ShopEvents.With("35.79", "0").Replace("\"s\"", $"\"session-{i}\"", StringComparison.Ordinal)
                ),
        ]);
        await other.SendAsync(ShopEvents.With("view", "gaze"), ShopEvents.Good, "[1]");

        JsonElement first = await GetAsync($"{InvalidEvents}?limit=4");
        JsonElement second = await GetAsync($"{InvalidEvents}?limit=4&cursor={first.GetProperty("next").GetString()}");
        long[] ids = [.. Ids(first), .. Ids(second)];

        Assert.Equal(7, ids.Length);
        Assert.Equal(ids.OrderDescending(), ids);
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next").ValueKind);
        foreach (
            (string query, int count) in new (string, int)[]
            {
                ("rule=price_positive", 5),
                ("rule=event_type_known", 1),
                ("source=file:other.csv@2", 2),
                ("field=price", 5),
                ("field=$", 1),
                ("state=kept", 7),
                ("state=resent", 0),
                ("search=session-3", 1),
                ("search=gaze&source=file:test.csv@1", 0),
                ("from=2001-01-01T00:00:00Z", 7),
                ("to=2001-01-01T00:00:00Z", 0),
            }
        )
        {
            Assert.True(count == Ids(await GetAsync($"{InvalidEvents}?{query}")).Length, query);
        }

        async Task<JsonElement> GetAsync(string path) => await host.Http.GetFromJsonAsync<JsonElement>(path, Cancelled);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_invalid_event_shows_its_bytes_and_errors_and_counts_are_by_rule_source_and_hour()
    {
        await using ValidationHost host = await StartAsync();
        ShopEvents file = new(host);
        await file.SendAsync(
            ShopEvents.With("35.79", "0").Replace("view", "gaze", StringComparison.Ordinal),
            ShopEvents.With("35.79", "-1")
        );
        await file.SendAsync([
            [0xff, 0xfe, 0x00],
        ]);
        // The same ones again, as after a crash.
        await file.SendAtAsync((2, Encoding.UTF8.GetBytes(ShopEvents.With("35.79", "-1"))), (3, [0xff, 0xfe, 0x00]));

        long[] ids = Ids(await host.Http.GetFromJsonAsync<JsonElement>(InvalidEvents, Cancelled));
        JsonElement bytes = await host.Http.GetFromJsonAsync<JsonElement>($"{InvalidEvents}/{ids[0]}", Cancelled);
        JsonElement text = await host.Http.GetFromJsonAsync<JsonElement>($"{InvalidEvents}/{ids[2]}", Cancelled);
        Assert.Equal("//4A", bytes.GetProperty("original").GetProperty("base64").GetString());
        Assert.Contains("gaze", text.GetProperty("original").GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            ["event_type", "price"],
            text.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("field").GetString())
        );

        Assert.Equal(
            "total 3: price_positive 2, event_type_known 1, json_object 1",
            await CountsAsync(host, "by=rule")
        );
        Assert.Equal("total 3: file:test.csv@1 3", await CountsAsync(host, "by=source"));
        Assert.Matches("^total 3: [0-9-]{10}T[0-9]{2}:00:00Z 3$", await CountsAsync(host, "by=hour"));
        Assert.Equal("total 2: file:test.csv@1 2", await CountsAsync(host, "by=source&rule=price_positive"));
        Assert.Equal("total 0: ", await CountsAsync(host, "by=rule&to=2001-01-01T00:00:00Z"));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("?limit=501", "limit")]
    [InlineData("?cursor=four", "cursor")]
    [InlineData("?state=lost", "state")]
    [InlineData("?search=", "search")]
    [InlineData("/counts?by=user", "by")]
    public async Task A_question_that_makes_no_sense_is_told_so(string query, string field)
    {
        await using ValidationHost host = await StartAsync();

        using HttpResponseMessage answer = await host.Http.GetAsync(
            new Uri(InvalidEvents + query, UriKind.Relative),
            Cancelled
        );

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains($"\"{field}\"", await answer.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_mended_event_counts_once_and_one_that_is_still_invalid_is_told_at_once()
    {
        await using ValidationHost host = await StartAsync();
        await new ShopEvents(host).SendAsync(ShopEvents.With("35.79", "0"));
        long id = Ids(await host.Http.GetFromJsonAsync<JsonElement>(InvalidEvents, Cancelled))[0];

        using HttpResponseMessage refused = await ResendAsync(
            host,
            $$"""{"id":{{id}},"event":{{ShopEvents.With("35.79", "-2")}}}"""
        );
        using HttpResponseMessage taken = await ResendAsync(
            host,
            $$"""{"id":{{id}},"event":{{ShopEvents.With("35.79", "12.5")}}}"""
        );
        using HttpResponseMessage again = await ResendAsync(
            host,
            $$"""{"id":{{id}},"event":{{ShopEvents.With("35.79", "13")}}}"""
        );
        using HttpResponseMessage unknown = await ResendAsync(host, $$"""{"id":4711,"event":{{ShopEvents.Good}}}""");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains(
            "\"event.price\":[\"",
            await refused.Content.ReadAsStringAsync(Cancelled),
            StringComparison.Ordinal
        );
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        await Poll.UntilEqualAsync("resent", () => StateAsync(host, id), TimeSpan.FromSeconds(60), "the invalid event");
        Assert.Equal("12.5", await TextAsync(host, "select string_agg(price::text, ' ') from bronze.event"));
        Assert.Equal(1, await host.CountAsync("validation.invalid_event"));
    }

    [Fact(Timeout = 120_000)]
    public async Task An_invalid_event_that_is_sent_again_unmended_comes_back_as_another_that_points_at_it()
    {
        await using ValidationHost host = await StartAsync();
        await new ShopEvents(host).SendAsync(ShopEvents.With("35.79", "0"), ShopEvents.With("view", "gaze"));

        using HttpResponseMessage asked = await ResendAsync(host, """{"rule":"price_positive"}""");
        using HttpResponseMessage repeated = await ResendAsync(
            host,
            """{"rule":"price_positive","source":"file:test.csv@1"}"""
        );

        Assert.Equal("""{"resending":1,"more":false}""", await asked.Content.ReadAsStringAsync(Cancelled));
        await Poll.UntilEqualAsync(
            3,
            () => host.CountAsync("validation.invalid_event"),
            TimeSpan.FromSeconds(60),
            "invalid events"
        );
        JsonElement list = await host.Http.GetFromJsonAsync<JsonElement>(
            $"{InvalidEvents}?rule=price_positive",
            Cancelled
        );
        long[] ids = Ids(list);
        await Poll.UntilEqualAsync(
            "returned",
            () => StateAsync(host, ids[1]),
            TimeSpan.FromSeconds(60),
            "the first invalid event"
        );
        JsonElement back = await host.Http.GetFromJsonAsync<JsonElement>($"{InvalidEvents}/{ids[0]}", Cancelled);
        Assert.Equal(ids[1], back.GetProperty("resend_of").GetInt64());
        Assert.Equal("kept", back.GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.Accepted, repeated.StatusCode);
    }

    [Fact(Timeout = 120_000)]
    public async Task Invalid_events_that_are_sent_twice_because_a_host_was_killed_in_between_count_once()
    {
        await using ValidationHost host = await StartAsync();
        await new ShopEvents(host).SendAsync([.. Enumerable.Range(0, 40).Select(_ => ShopEvents.With("35.79", "0"))]);
        long[] ids = Ids(await host.Http.GetFromJsonAsync<JsonElement>($"{InvalidEvents}?limit=40", Cancelled));
        // Every other one has been mended by hand meanwhile: valid and invalid ones go together.
        await TextAsync(
            host,
            $"update validation.invalid_event set original = '{ShopEvents.Good}' where id % 2 = 0 returning ''"
        );

        using HttpResponseMessage asked = await ResendAsync(host, $$"""{"ids":[{{string.Join(',', ids)}}]}""");
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        await DoneAsync();
        // As if the host had died before it could note that the invalid events are through.
        await TextAsync(
            host,
            "update validation.invalid_event set resent_at = null where resend_number > 10 returning ''"
        );
        await DoneAsync();

        Assert.Equal(20, await host.CountAsync("bronze.event"));
        Assert.Equal(60, await host.CountAsync("validation.invalid_event"));
        Assert.Equal("total 60: price_positive 60", await CountsAsync(host, "by=rule"));

        Task DoneAsync() =>
            Poll.UntilEqualAsync(
                0,
                () => host.CountAsync("validation.invalid_event where resend_number is not null and resent_at is null"),
                TimeSpan.FromSeconds(60),
                "invalid events on their way"
            );
    }

    [Fact(Timeout = 120_000)]
    public async Task Old_invalid_events_are_forgotten_and_those_on_their_way_are_not()
    {
        await using ValidationHost host = await StartAsync();
        await new ShopEvents(host).SendAsync([.. Enumerable.Range(0, 4).Select(_ => ShopEvents.With("35.79", "0"))]);
        await TextAsync(
            host,
            "update validation.invalid_event set rejected_at = rejected_at - interval '31 days' where id <= 2 returning ''"
        );
        await TextAsync(host, "update validation.invalid_count set hour = hour - interval '31 days' returning ''");

        long forgotten = await host.Services.GetRequiredService<Retention>().ForgetInvalidEventsAsync(Cancelled);

        Assert.Equal(2, forgotten);
        Assert.Equal(
            "3 4",
            await TextAsync(host, "select string_agg(id::text, ' ' order by id) from validation.invalid_event")
        );
        Assert.Equal(0, await host.CountAsync("validation.invalid_count"));
    }

    private async Task<ValidationHost> StartAsync() =>
        await ValidationHost.StartAsync(await servers.Postgres.CreateDatabaseAsync());

    private static long[] Ids(JsonElement list) =>
        [
            .. list.GetProperty("invalid_events")
                .EnumerateArray()
                .Select(invalidEvent => invalidEvent.GetProperty("id").GetInt64()),
        ];

    private static async Task<string?> StateAsync(ValidationHost host, long id) =>
        (await host.Http.GetFromJsonAsync<JsonElement>($"{InvalidEvents}/{id}", Cancelled))
            .GetProperty("state")
            .GetString();

    private static async Task<string> CountsAsync(ValidationHost host, string query)
    {
        JsonElement answer = await host.Http.GetFromJsonAsync<JsonElement>(
            $"{InvalidEvents}/counts?{query}",
            Cancelled
        );
        IEnumerable<string> counts = answer
            .GetProperty("counts")
            .EnumerateArray()
            .Select(count => $"{count.GetProperty("key").GetString()} {count.GetProperty("events").GetInt64()}");
        return $"total {answer.GetProperty("total").GetInt64()}: {string.Join(", ", counts)}";
    }

    private static Task<HttpResponseMessage> ResendAsync(ValidationHost host, string body) =>
        host.Http.PostAsync(
            new Uri($"{InvalidEvents}/resend", UriKind.Relative),
            new StringContent(body, Encoding.UTF8, "application/json"),
            Cancelled
        );

    private static async Task<string?> TextAsync(ValidationHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        return (await command.ExecuteScalarAsync(Cancelled)) as string;
    }
}
