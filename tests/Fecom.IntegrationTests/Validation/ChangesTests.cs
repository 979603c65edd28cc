using System.Globalization;
using System.Text;
using Fecom.Contracts;
using Fecom.IntegrationTests.RealServers;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Validation;

/// <summary>Rows of a captured table on the change topic: each is one event, however often and by whom it is sent.</summary>
[Collection(RealKafkaCollection.Name)]
public sealed class ChangesTests(Servers servers, RealKafkaFixture kafkas)
{
    private static readonly DateTime Received = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData(KafkaKind.Embedded)]
    [InlineData(KafkaKind.Real)]
    public async Task From_the_capture_to_Debezium_and_back_a_row_counts_once(KafkaKind kafka)
    {
        await using ValidationHost host = await StartAsync(
            ("Kafka:BootstrapServers", await kafkas.BootstrapServersAsync(kafka))
        );
        await SendAsync(host, [.. Enumerable.Range(1, 5).Select(id => Captured(id, id))]);
        await SendAsync(host, [.. Enumerable.Range(1, 6).Select(id => Debezium(id, "r")), Debezium(3, "c")]);
        await SendAsync(host, [Debezium(6, "r"), Debezium(7, "c")]);
        await SendAsync(host, [.. Enumerable.Range(1, 8).Select(id => Captured(id, id, "postgres:public.events#2"))]);

        Assert.Equal(8, await host.CountAsync("bronze.event"));
        Assert.Equal(8, await ScalarAsync<long>(host, "select count(distinct event_id) from bronze.event"));
        Assert.Equal(0, await host.CountAsync("validation.invalid_event"));
        Dictionary<string, long> feed = await FeedAsync(host);
        Assert.Equal((7, 2, 7), (feed["read"], feed["created"], feed["repeated"]));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_row_that_was_claimed_and_not_sent_before_a_crash_is_sent_when_its_message_comes_again()
    {
        await using ValidationHost host = await StartAsync();
        await SendAsync(host, Captured(1, 1));
        await ScalarAsync<int>(host, "update validation.captured_row set position = 2 returning 1");
        // The same row from another place is a repeat, from the place that claimed it the event itself.
        await SendAsync(host, Captured(1, 3, "postgres:public.events#2"), Captured(1, 2));
        Assert.Equal(
            "1 2",
            await ScalarAsync<string>(
                host,
                "select string_agg(position::text, ' ' order by position) from bronze.event"
            )
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task A_refused_row_is_kept_once_and_counts_when_it_comes_valid()
    {
        await using ValidationHost host = await StartAsync();
        await SendAsync(host, Debezium(1, "c", price: "\"BNI=\""), Debezium(2, "c"));
        await SendAsync(host, Debezium(1, "r", price: "\"BNI=\""), Debezium(2, "r", price: "\"BNI=\""));
        Assert.Equal(
            (1, 1),
            (await host.CountAsync("validation.invalid_event"), await host.CountAsync("bronze.event"))
        );

        await SendAsync(host, Debezium(1, "r", price: "\"12.34\""), Debezium(1, "r", price: "\"12.34\""));
        Assert.Equal(
            (1, 2),
            (await host.CountAsync("validation.invalid_event"), await host.CountAsync("bronze.event"))
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task A_refused_change_that_is_sent_again_is_read_as_a_change_again()
    {
        await using ValidationHost host = await StartAsync();
        string future = TimeProvider
            .System.GetUtcNow()
            .UtcDateTime.AddHours(30)
            .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        await SendAsync(
            host,
            Message(
                "{\"id\":1}",
                $$"""{"event_time":"{{future}}","event_type":"cart","product_id":"rp","price":"35.79","user_id":"k-rp1","user_session":"s"}"""
            ),
            Debezium(2, "c", price: "0")
        );
        await ResendAsync(host, """{"rule":"event_time_future"}""");
        await ResendAsync(
            host,
            $$"""{"id":{{await InvalidEventAsync(host, "price_positive")}},"event":{{Encoding.UTF8.GetString(Debezium(2, "c", price: "\"12.50\"").Value)}}}"""
        );
        await Poll.UntilEqualAsync(
            2,
            () => host.CountAsync("validation.invalid_event where resent_at is not null"),
            TimeSpan.FromSeconds(60),
            "invalid events that are through"
        );

        // The same verdict on the first, and the mended one is the row: who sends it after that repeats it.
        Assert.Equal(
            "{event_time_future}",
            await ScalarAsync<string>(
                host,
                "select rules::text from validation.invalid_event where resend_of is not null"
            )
        );
        Assert.Equal(12.5m, await ScalarAsync<decimal>(host, "select price from bronze.event"));
        await SendAsync(host, Debezium(2, "r", price: "\"12.50\""));
        Assert.Equal(1, await host.CountAsync("bronze.event"));
        Assert.Equal(3, await host.CountAsync("validation.invalid_event"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_row_without_a_key_counts_as_often_as_it_comes_and_its_source_says_so()
    {
        await using ValidationHost host = await StartAsync(("Ingestion:Changes:RowKey", "uid"));
        await SendAsync(
            host,
            Debezium(1, "c"),
            Debezium(1, "r"),
            Message("{\"id\":1}", "{\"ts_ms\":1}"),
            Message("{\"id\":1}", "null")
        );
        Assert.Equal(2, await host.CountAsync("bronze.event"));
        Dictionary<string, long> feed = await FeedAsync(host);
        Assert.Equal((2, 1, 1), (feed["without_key"], feed["heartbeat"], feed["tombstone"]));
        Assert.Equal(0, await host.CountAsync("validation.invalid_event"));
    }

    private static OutgoingMessage Debezium(int id, string op, string price = "2.5") =>
        Message(
            $$"""{"id":{{id}}}""",
            $$"""{"before":null,"after":{{Row(id, price)}},"source":{"schema":"public","table":"events","lsn":null},"op":"{{op}}","ts_ms":1}"""
        );

    private static OutgoingMessage Message(string key, string value) =>
        new(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));

    private static OutgoingMessage Captured(int id, long position, string source = "postgres:public.events") =>
        Message(
            "7",
            $$$"""{"before":null,"after":{{{Row(id)}}},"source":{"schema":"public","table":"events","key":{"id":{{{id}}}}},"op":"c","ts_ms":1}"""
        ) with
        {
            Origin = new MessageOrigin(source, position, Received),
        };

    private static string Row(int id, string price = "2.5") =>
        $$"""{"id":{{id}},"event_time":"2026-11-20T10:00:00.000000Z","event_type":"view","product_id":1,"price":{{price}},"user_id":{{id % 3}},"user_session":"s"}""";

    private Task<ValidationHost> StartAsync(params (string, string)[] settings) => StartOnAsync(settings);

    private async Task<ValidationHost> StartOnAsync((string, string)[] settings) =>
        await ValidationHost.StartAsync(await servers.Postgres.CreateDatabaseAsync(), settings);

    private static async Task SendAsync(ValidationHost host, params OutgoingMessage[] messages)
    {
        await host.Producer.SendAsync(Topics.PostgresEvents, messages, Cancelled);
        await host.Barrier.PassAsync(Topics.PostgresEvents, Cancelled);
    }

    private static async Task<Dictionary<string, long>> FeedAsync(ValidationHost host) =>
        (await host.Services.GetRequiredService<IChangeFeeds>().ListAsync(Cancelled))
            .SelectMany(feed => feed.Messages)
            .GroupBy(count => count.Key)
            .ToDictionary(count => count.Key, count => count.Sum(messages => messages.Value));

    private static async Task<long> InvalidEventAsync(ValidationHost host, string rule) =>
        await ScalarAsync<long>(host, $"select id from validation.invalid_event where rules @> array['{rule}']");

    private static async Task ResendAsync(ValidationHost host, string body)
    {
        using StringContent json = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await host.Http.PostAsync(
            new Uri("/api/v1/invalid-events/resend", UriKind.Relative),
            json,
            Cancelled
        );
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancelled));
    }

    private static async Task<T> ScalarAsync<T>(ValidationHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
