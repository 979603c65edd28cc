using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Avro.Generic;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Confluent.SchemaRegistry.Serdes;
using Fecom.IntegrationTests.Validation;
using Fecom.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>A shop that sends Avro, written by Confluent's serializer with a real registry.</summary>
public sealed class AvroTests(Servers servers, AvroTests.Registry registry) : IClassFixture<AvroTests.Registry>
{
    private const string Optional = """,{"name":"brand","type":["null","string"],"default":null}""";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task Avro_and_JSON_come_on_one_topic_whatever_the_version_of_the_schema()
    {
        await using ValidationHost host = await StartAsync();
        string subject = $"shop-{Guid.NewGuid():N}";
        byte[] first = await BytesAsync(subject, "", record => { });
        byte[] second = await BytesAsync(subject, Optional, record => record.Add("brand", "acme"));

        await new ShopEvents(host).SendAsync([
            first,
            Encoding.UTF8.GetBytes(ShopEvents.Good),
            second,
            Encoding.UTF8.GetBytes("no event"),
            first,
        ]);

        Assert.Equal(4, await host.CountAsync("bronze.event"));
        Assert.Equal(
            3,
            await host.CountAsync(
                "bronze.event where price = 35.79 and user_id = '7' and event_type = 'cart' and event_time = '2019-10-01T00:00:00.000001Z'"
            )
        );
        Assert.Equal(1, await host.CountAsync("bronze.event where brand = 'acme'"));
        await InvalidAsync(host, "json_object");
    }

    [Fact(Timeout = 240_000)]
    public async Task A_message_whose_schema_is_unknown_or_does_not_fit_is_an_invalid_event_that_says_so()
    {
        await using ValidationHost host = await StartAsync();
        byte[] good = await BytesAsync($"shop-{Guid.NewGuid():N}", "", record => { });
        byte[] unknown = [.. good];
        BinaryPrimitives.WriteInt32BigEndian(unknown.AsSpan(1), 2_000_000_000);
        byte[] unfit = await BytesAsync($"shop-{Guid.NewGuid():N}", "", record => record.Add("price", -1.0));

        await new ShopEvents(host).SendAsync([unknown, good[..^1], unfit, good]);

        await InvalidAsync(host, "schema_known", "schema_fits", "price_positive");
        Assert.Equal(1, await host.CountAsync("bronze.event"));
        // It is kept as it came.
        Assert.Equal(
            1,
            await host.CountAsync(
                $"validation.invalid_event where original = '\\x{Convert.ToHexString(unknown)}'::bytea"
            )
        );
    }

    [Fact(Timeout = 240_000)]
    public async Task While_the_registry_is_away_messages_wait_and_health_says_so()
    {
        await using ValidationHost host = await StartAsync(("SchemaRegistry:TimeoutSeconds", "1"));
        byte[] good = await BytesAsync($"shop-{Guid.NewGuid():N}", "", record => { });
        Task sending;
        await registry.SignalAsync("STOP");
        try
        {
            sending = new ShopEvents(host).SendAsync([good, Encoding.UTF8.GetBytes(ShopEvents.Good), good]);
            await Poll.UntilAsync(
                async () =>
                    (await host.HealthAsync("endpoints")) is { Status: HealthStatus.Degraded, Description: { } text }
                    && text.Contains("SchemaRegistry:Url", StringComparison.Ordinal),
                Timeout,
                "health does not say that the registry is away"
            );
            Assert.Equal(0, await host.CountAsync("validation.invalid_event"));
        }
        finally
        {
            await registry.SignalAsync("CONT");
        }

        await sending;
        Assert.Equal(3, await host.CountAsync("bronze.event"));
        Assert.Equal(0, await host.CountAsync("platform.dead_letter"));
        Assert.Equal(0, await host.CountAsync("validation.invalid_event"));
    }

    [Fact(Timeout = 240_000)]
    public async Task The_schema_of_events_is_published_as_Avro_and_registered_where_that_is_asked_for()
    {
        string subject = $"fecom-{Guid.NewGuid():N}";
        await using ValidationHost host = await StartAsync(
            ("SchemaRegistry:Register", "true"),
            ("SchemaRegistry:Subject", subject)
        );
        JsonElement published = await host.GetAsync("/api/v1/schemas/behavior_event_avro/1");
        Assert.Equal("record", published.GetProperty("type").GetString());
        Assert.Contains(
            (await host.GetAsync("/api/v1/schemas")).GetProperty("schemas").EnumerateArray(),
            schema => schema.GetProperty("name").GetString() == "behavior_event_avro"
        );
        using CachedSchemaRegistryClient client = new(new SchemaRegistryConfig { Url = registry.Url });
        string? registered = null;
        await Poll.UntilAsync(
            async () =>
            {
                if (!(await client.GetAllSubjectsAsync()).Contains(subject))
                {
                    return false;
                }

                registered = (await client.GetLatestSchemaAsync(subject)).SchemaString;
                return true;
            },
            Timeout,
            "the schema is not registered"
        );
        Assert.Equal(
            ((Avro.RecordSchema)Avro.Schema.Parse(published.GetRawText())).Fields.Select(field => field.Name),
            ((Avro.RecordSchema)Avro.Schema.Parse(registered)).Fields.Select(field => field.Name)
        );
    }

    private async Task<ValidationHost> StartAsync(params (string, string)[] settings)
    {
        await registry.StartAsync();
        return await ValidationHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            [("SchemaRegistry:Url", registry.Url), .. settings]
        );
    }

    /// <summary>Waits for one invalid event a rule, in the order in which they were sent.</summary>
    private static async Task InvalidAsync(ValidationHost host, params string[] rules)
    {
        await Poll.UntilEqualAsync(
            rules.Length,
            () => host.CountAsync("validation.invalid_event"),
            Timeout,
            "invalid events"
        );
        JsonElement[] events =
        [
            .. (await host.GetAsync("/api/v1/invalid-events")).GetProperty("invalid_events").EnumerateArray(),
        ];
        Assert.Equal(
            rules.Order(),
            events.Select(e => e.GetProperty("errors")[0].GetProperty("rule").GetString()!).Order()
        );
    }

    /// <summary>An event as the shop's serializer writes it: it registers the schema too.</summary>
    private async Task<byte[]> BytesAsync(string subject, string more, Action<GenericRecord> change)
    {
        Avro.RecordSchema schema = (Avro.RecordSchema)
            Avro.Schema.Parse(
                $$$"""
                {"type":"record","name":"Event","fields":[
                    {"name":"event_time","type":{"type":"long","logicalType":"timestamp-micros"}},
                    {"name":"event_type","type":{"type":"enum","name":"Kind","symbols":["view","cart"]}},
                    {"name":"product_id","type":"long"},{"name":"price","type":"double"},
                    {"name":"user_id","type":"string"},{"name":"user_session","type":"string"}{{{more}}}]}
                """
            );
        GenericRecord record = new(schema);
        record.Add("event_time", new DateTime(2019, 10, 1, 0, 0, 0, DateTimeKind.Utc).AddMicroseconds(1));
        record.Add("event_type", new GenericEnum((Avro.EnumSchema)schema["event_type"].Schema, "cart"));
        record.Add("product_id", 1L);
        record.Add("price", 35.79);
        record.Add("user_id", "7");
        record.Add("user_session", "s");
        change(record);
        using CachedSchemaRegistryClient client = new(new SchemaRegistryConfig { Url = registry.Url });
        AvroSerializer<GenericRecord> serializer = new(
            client,
            new AvroSerializerConfig { SubjectNameStrategy = SubjectNameStrategy.Topic }
        );
        return await serializer.SerializeAsync(record, new SerializationContext(MessageComponentType.Value, subject));
    }

    /// <summary>A registry of the class's own, which is stopped and goes on.</summary>
    public sealed class Registry : IAsyncDisposable
    {
        private const string Script = "schema-registry/registry.sh";

        private RealServer? _server;

        public string Url => _server!.Address;

        /// <summary>Starts it once; the test skips with a word where there is none.</summary>
        public async Task StartAsync()
        {
            Assert.SkipWhen(RealServer.Missing(Script, null) is not null, RealServer.Missing(Script, null) ?? "");
            _server ??= await RealServer.StartAsync(Script, $"{RealServer.FreePorts(1)}");
        }

        public async Task SignalAsync(string signal)
        {
            string pid = (await File.ReadAllTextAsync(Path.Combine(_server!.Folder, "pid"), Cancelled)).Trim();
            using Process kill = Process.Start("/bin/kill", [$"-{signal}", pid]);
            await kill.WaitForExitAsync(Cancelled);
            Assert.Equal(0, kill.ExitCode);
        }

        public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
