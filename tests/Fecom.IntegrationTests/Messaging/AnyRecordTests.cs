using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Fecom.Contracts;
using Fecom.IntegrationTests.Validation;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.Messaging;

/// <summary>Whatever record Kafka can carry ends as an event, an invalid event or a dead letter, and stops nothing.</summary>
public sealed class AnyRecordTests(Servers servers)
{
    private const string Stores =
        "(select (select count(*) from bronze.event) + (select count(*) from validation.invalid_event) + (select count(*) from platform.dead_letter)) as stored(count)";

    private static readonly byte[] Good = Encoding.UTF8.GetBytes(ShopEvents.Good);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_time_that_no_calendar_has_ends_as_an_event_received_now()
    {
        await using ValidationHost host = await StartAsync();
        DateTime start = TimeProvider.System.GetUtcNow().UtcDateTime;
        long[] times =
        [
            1_763_632_800_000_000,
            long.MaxValue,
            253_402_300_800_000,
            1,
            4_102_444_800_000,
            946_684_800_000,
        ];

        await SendAsync(host, Topics.RawUserBehavior, [.. times.Select(time => Record("u"u8.ToArray(), Good, time))]);

        await Poll.UntilEqualAsync(
            times.Length,
            () => host.CountAsync("bronze.event"),
            TimeSpan.FromSeconds(60),
            "events"
        );
        Assert.Equal(
            0,
            await host.CountAsync(
                $"bronze.event where received_at < '{start:O}' or received_at > clock_timestamp() or received_at > validated_at"
            )
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task Any_key_value_and_header_ends_as_an_event_or_a_letter()
    {
        await using ValidationHost host = await StartAsync();
        byte[] noise = new byte[4_096];
        new Random(11).NextBytes(noise);
        byte[] all255 = [.. Enumerable.Repeat((byte)0xff, 64)];
        Headers many = [.. Enumerable.Range(0, 5_000).Select(i => new Header($"h{i % 7}", [(byte)i]))];
        Message<byte[], byte[]>[] records =
        [
            Record(null, null),
            Record(null, Good),
            Record([], []),
            Record([], Good),
            Record(all255, Good),
            Record(noise, noise),
            Record(new byte[100_000], Good),
            Record([0], [0]),
            Record("u"u8.ToArray(), "null"u8.ToArray()),
            Record(
                "u"u8.ToArray(),
                Encoding.UTF8.GetBytes(ShopEvents.Good.Replace("shiseido", "\\u0000", StringComparison.Ordinal))
            ),
            Record(
                "u"u8.ToArray(),
                Encoding.UTF8.GetBytes(ShopEvents.Good.Replace("shiseido", "\\ud800", StringComparison.Ordinal))
            ),
            Record("u"u8.ToArray(), Encoding.UTF8.GetBytes(new string('[', 100_000))),
            Record("u"u8.ToArray(), Good, headers: many),
            Record(
                "u"u8.ToArray(),
                Good,
                headers: [new Header("a\0b", all255), new Header("", []), new Header("\u00e9", null)]
            ),
            Record(
                "u"u8.ToArray(),
                Good,
                headers: [new Header("fecom-malformed", [0, 0xff, 0]), new Header("fecom-origin", all255)]
            ),
            Record("u"u8.ToArray(), Good, headers: [new Header("fecom-malformed", new byte[500_000])]),
            Record("u"u8.ToArray(), Good, headers: [new Header("fecom-origin", [.. new byte[24], 0, 0xff, 0])]),
            Record(
                "u"u8.ToArray(),
                Good,
                headers: [new Header("traceparent", all255), new Header("traceparent", "00-0-0-0"u8.ToArray())]
            ),
        ];

        await SendAsync(host, Topics.RawUserBehavior, records);
        await SendAsync(host, Topics.RawUserBehavior, [Record("u"u8.ToArray(), Good)]);

        await Poll.UntilEqualAsync(
            records.Length + 1,
            () => host.CountAsync(Stores, "count"),
            TimeSpan.FromSeconds(60),
            "records stored"
        );
        Assert.True(await host.CountAsync("bronze.event") >= 9);
    }

    [Fact(Timeout = 120_000)]
    public async Task Foreign_records_on_the_topics_of_the_house_end_as_dead_letters()
    {
        await using ValidationHost host = await StartAsync();
        string[] topics =
        [
            Topics.ValidatedUserBehavior,
            Topics.InvalidUserBehavior,
            Topics.DeadLetter(Topics.RawUserBehavior),
            "fecom.resend.bronze",
        ];
        byte[]?[] values =
        [
            null,
            [],
            [0xff, 0xff],
            "null"u8.ToArray(),
            "{}"u8.ToArray(),
            "[1]"u8.ToArray(),
            """{"event_id":"00000000-0000-0000-0000-000000000000","source":"a\u0000b","position":1,"received_at":"0001-01-01T00:00:00","rejected_at":"9999-12-31T23:59:59","errors":null,"original":null}"""u8.ToArray(),
            """{"cluster":null,"endpoint":"a\u0000b","topic":null,"partition":1,"offset":1,"reason":null,"key":null,"original":null,"failed_at":"0001-01-01T00:00:00"}"""u8.ToArray(),
        ];

        foreach (string topic in topics)
        {
            await SendAsync(host, topic, [.. values.Select(value => Record([0xff], value))]);
        }

        await Poll.UntilEqualAsync(
            topics.Length * values.Length,
            () => host.CountAsync("platform.dead_letter"),
            TimeSpan.FromSeconds(60),
            "dead letters"
        );
        await new ShopEvents(host).SendAsync(ShopEvents.Good);
        Assert.Equal(1, await host.CountAsync("bronze.event"));
    }

    /// <summary>Once the fault is mended in a later version it can be resent and read.</summary>
    [Fact(Timeout = 120_000)]
    public async Task A_dead_letter_that_is_resent_and_still_cannot_be_read_is_kept_as_it_first_came()
    {
        await using ValidationHost host = await StartAsync();
        await SendAsync(host, Topics.ValidatedUserBehavior, [Record("u"u8.ToArray(), [0xff, 0xfe])]);
        await Poll.UntilEqualAsync(
            1,
            () => host.CountAsync("platform.dead_letter"),
            TimeSpan.FromSeconds(60),
            "dead letters"
        );

        using HttpResponseMessage resent = await host.PostAsync("/api/v1/dead-letters/resend", """{"ids":[1]}""");
        Assert.Equal(202, (int)resent.StatusCode);

        await Poll.UntilEqualAsync(
            2,
            () => host.CountAsync("platform.dead_letter"),
            TimeSpan.FromSeconds(60),
            "dead letters after the resend"
        );
        Assert.Equal(
            1,
            await host.CountAsync(
                "(select distinct key, original from platform.dead_letter where original = '\\xfffe') kept"
            )
        );
    }

    [Theory(Timeout = 120_000)]
    [InlineData(1_000_000, false)]
    [InlineData(1_500_031, true)]
    [InlineData(1_990_000, true)]
    public async Task A_large_invalid_record_is_kept_up_to_a_size_with_its_length_and_hash(int bytes, bool isCut)
    {
        await using ValidationHost host = await StartAsync();
        byte[] large = new byte[bytes];
        large.AsSpan().Fill((byte)'x');

        await SendAsync(host, Topics.RawUserBehavior, [Record("u"u8.ToArray(), large)]);

        await Poll.UntilEqualAsync(
            1,
            () => host.CountAsync("validation.invalid_event"),
            TimeSpan.FromSeconds(60),
            "invalid events"
        );
        JsonElement letter = await host.GetAsync("/api/v1/invalid-events/1");
        Assert.Equal(CutOriginal.MaxEventBytes, letter.GetProperty("original").GetProperty("size").GetInt32());
        using HttpResponseMessage resent = await host.PostAsync("/api/v1/invalid-events/resend", """{"ids":[1]}""");
        if (isCut)
        {
            Assert.Equal(bytes, letter.GetProperty("cut").GetProperty("length").GetInt32());
            Assert.Equal(
                Convert.ToHexStringLower(SHA256.HashData(large)),
                letter.GetProperty("cut").GetProperty("sha256").GetString()
            );
            Assert.Equal(409, (int)resent.StatusCode);
            Assert.Contains(
                $"it had {bytes} bytes",
                await resent.Content.ReadAsStringAsync(Cancelled),
                StringComparison.Ordinal
            );
            using HttpResponseMessage byRule = await host.PostAsync(
                "/api/v1/invalid-events/resend",
                """{"rule":"json_object"}"""
            );
            Assert.Equal("""{"resending":0,"more":false}""", await byRule.Content.ReadAsStringAsync(Cancelled));
            using HttpResponseMessage mended = await host.PostAsync(
                "/api/v1/invalid-events/resend",
                $$"""{"id":1,"event":{{ShopEvents.Good}}}"""
            );
            Assert.Equal(202, (int)mended.StatusCode);
        }
        else
        {
            Assert.Equal(202, (int)resent.StatusCode);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_large_record_that_cannot_be_processed_is_a_dead_letter_that_is_not_resent()
    {
        await using ValidationHost host = await StartAsync();
        byte[] large = new byte[1_900_000];
        large.AsSpan().Fill((byte)'x');

        await SendAsync(host, Topics.ValidatedUserBehavior, [Record("u"u8.ToArray(), large)]);

        await Poll.UntilEqualAsync(
            1,
            () => host.CountAsync("platform.dead_letter"),
            TimeSpan.FromSeconds(60),
            "dead letters"
        );
        JsonElement letter = (await host.GetAsync("/api/v1/dead-letters")).GetProperty("dead_letters")[0];
        Assert.Equal(large.Length, letter.GetProperty("cut").GetProperty("length").GetInt32());
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(large)),
            letter.GetProperty("cut").GetProperty("sha256").GetString()
        );
        using HttpResponseMessage resent = await host.PostAsync("/api/v1/dead-letters/resend", """{"ids":[1]}""");
        Assert.Equal(409, (int)resent.StatusCode);
        Assert.Contains("1900000 bytes", await resent.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
        using HttpResponseMessage byEndpoint = await host.PostAsync(
            "/api/v1/dead-letters/resend",
            """{"endpoint":"bronze"}"""
        );
        Assert.Equal("""{"resending":0}""", await byEndpoint.Content.ReadAsStringAsync(Cancelled));
    }

    [Fact(Timeout = 120_000)]
    public async Task An_origin_that_another_producer_made_up_silences_no_source()
    {
        await using ValidationHost host = await StartAsync();
        byte[] source = "api"u8.ToArray();
        byte[] madeUp = [.. BitConverter.GetBytes(long.MaxValue).Reverse(), .. new byte[8], .. source];
        byte[] sealedLike = [.. new byte[8], .. madeUp];

        await SendAsync(
            host,
            Topics.RawUserBehavior,
            [
                Record("u"u8.ToArray(), Good, headers: [new Header("fecom-origin", madeUp)]),
                Record("u"u8.ToArray(), Good, headers: [new Header("fecom-origin", sealedLike)]),
            ]
        );
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
        MessageOrigin origin = new("api", 1, TimeProvider.System.GetUtcNow().UtcDateTime);
        await host.Producer.SendAsync(
            Topics.RawUserBehavior,
            [new OutgoingMessage("u"u8.ToArray(), Good, origin)],
            Cancelled
        );
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);

        Assert.Equal(1, await host.CountAsync("bronze.event where source = 'api' and position = 1"));
        Assert.Equal(2, await host.CountAsync("bronze.event where source like 'kafka:%'"));
    }

    private async Task<ValidationHost> StartAsync() =>
        await ValidationHost.StartAsync(await servers.Postgres.CreateDatabaseAsync());

    private static Message<byte[], byte[]> Record(
        byte[]? key,
        byte[]? value,
        long? time = null,
        Headers? headers = null
    ) =>
        new()
        {
            Key = key!,
            Value = value!,
            Timestamp = time is { } milliseconds
                ? new Timestamp(milliseconds, TimestampType.CreateTime)
                : Timestamp.Default,
            Headers = headers!,
        };

    /// <summary>As any producer sends, without our transport.</summary>
    private static async Task SendAsync(
        ValidationHost host,
        string topic,
        IReadOnlyList<Message<byte[], byte[]>> records
    )
    {
        KafkaCluster cluster = host.Services.GetRequiredService<KafkaCluster>();
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(
            cluster.Reach(new ProducerConfig { MessageMaxBytes = 2_100_000 })
        ).Build();
        foreach (Message<byte[], byte[]> record in records)
        {
            await producer.ProduceAsync(topic, record, Cancelled);
        }
    }
}
