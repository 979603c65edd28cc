using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Testing;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.FunctionalTests;

/// <summary>A host on a database, a Redis and a data folder of its own; it can be killed and started again on the same ones.</summary>
internal sealed class Shop : IAsyncDisposable
{
    private readonly PrivateRedis _redis;
    private readonly string _connection;
    private readonly KafkaLease _kafka;
    private readonly ConnectionMultiplexer _reader;
    private readonly List<HostProcess> _replicas = [];
    private HostProcess? _host;

    private Shop(string connection, PrivateRedis redis, KafkaLease kafka)
    {
        _kafka = kafka;
        _connection = connection;
        _redis = redis;
        _reader = ConnectionMultiplexer.Connect(redis.ConnectionString);
        Database = NpgsqlDataSource.Create(connection);
        Directory.CreateDirectory(Raw);
    }

    public string Data { get; } = RunFolder.Create("shop");

    public string Raw => $"{Data}/raw";

    public NpgsqlDataSource Database { get; }

    public IDatabase Redis => _reader.GetDatabase();

    public HttpClient Http => _host!.Http;

    /// <summary>The end of what the host has printed.</summary>
    public string Output => _host!.Output;

    /// <summary>Settings by which a command finds this shop's servers and lake, as variables of the environment.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string>
        {
            ["ConnectionStrings__Postgres"] = _connection,
            ["ConnectionStrings__Redis"] = _redis.ConnectionString,
            ["Paths__Lake"] = $"{Data}/lake",
        };

    /// <summary>The password of its database; empty when it has none.</summary>
    public string PostgresPassword => new NpgsqlConnectionStringBuilder(_connection).Password ?? "";

    /// <summary>Opens one; the test skips with a word where it wants a real Kafka and there is none.</summary>
    public static async Task<Shop> OpenAsync(Servers servers, KafkaKind kafka = KafkaKind.Embedded)
    {
        Assert.SkipWhen(kafka == KafkaKind.Real && RealKafka.Missing is not null, RealKafka.Missing ?? "");
        string connection = await servers.Postgres.CreateDatabaseAsync();
        PrivateRedis redis = await PrivateRedis.StartAsync();
        return new Shop(connection, redis, await servers.Kafka.TakeAsync(kafka, TestContext.Current.CancellationToken));
    }

    public async Task<HostProcess> StartHostAsync(params (string Name, string Value)[] settings) =>
        _host = await HostProcess.StartAsync(_connection, _redis.ConnectionString, Data, Settings(settings));

    /// <summary>Holds Redis still (<c>true</c>) as a stalled machine would, or lets it go on.</summary>
    public Task HoldRedisAsync(bool still) => _redis.HoldAsync(still);

    /// <summary>One more host on the same servers.</summary>
    public async Task<HostProcess> StartReplicaAsync(params (string Name, string Value)[] settings)
    {
        HostProcess replica = await HostProcess.StartAsync(
            _connection,
            _redis.ConnectionString,
            Data,
            Settings(settings)
        );
        _replicas.Add(replica);
        return replica;
    }

    /// <summary>kill -9: the host and its embedded Kafka are gone at once.</summary>
    public Task KillHostAsync() => _host!.KillAsync();

    /// <param name="file">The file's name.</param>
    /// <param name="host">The host that is asked; the first one when null.</param>
    public async Task<JsonElement> SourceAsync(string file, HostProcess? host = null)
    {
        JsonElement body = await (host ?? _host!).Http.GetFromJsonAsync<JsonElement>("/api/v1/ingestion/sources");
        return body.GetProperty("sources")
            .EnumerateArray()
            .FirstOrDefault(source =>
                source.GetProperty("name").GetString()!.StartsWith($"file:{file}@", StringComparison.Ordinal)
            );
    }

    public async Task<JsonElement> LoadedAsync(string file, HostProcess? host = null)
    {
        await Poll.UntilAsync(
            async () =>
                await SourceAsync(file, host) is { ValueKind: JsonValueKind.Object } source
                && source.GetProperty("state").GetString() == "completed",
            TimeSpan.FromSeconds(240),
            $"{file} was not loaded; the host says:\n{host?.Output ?? Output}"
        );
        return await SourceAsync(file, host);
    }

    /// <summary>What must come of a file whose rows are all well formed, read the slow way.</summary>
    public async Task<Oracle> OracleAsync(string file, HostProcess? host = null)
    {
        string source = (await SourceAsync(file, host)).GetProperty("name").GetString()!;
        Oracle oracle = new();
        foreach (BehaviorEvent e in ShopFile.Read($"{Raw}/{file}", source))
        {
            oracle.Add(e);
        }

        return oracle;
    }

    public async Task<long> CountAsync(string table)
    {
        await using NpgsqlCommand command = Database.CreateCommand($"select count(*) from {table}");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Every store has every event exactly once, with the features that a slow oracle computes.</summary>
    public async Task AssertStoresAsync(Oracle oracle)
    {
        Assert.Equal("", await oracle.DifferenceToBronzeAsync(Database));
        Assert.Equal("", await oracle.DifferenceToOnlineStoreAsync(Redis));
        Assert.Equal(0, await CountAsync("platform.dead_letter"));
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            foreach (HostProcess replica in _replicas)
            {
                await replica.DisposeAsync();
            }

            if (_host is not null)
            {
                await _host.DisposeAsync();
            }
        }
        finally
        {
            _kafka.Dispose();
        }

        await Database.DisposeAsync();
        _reader.Dispose();
        await _redis.DisposeAsync();
        Directory.Delete(Data, recursive: true);
    }

    private (string Name, string Value)[] Settings((string Name, string Value)[] more) =>
        [("Kafka__BootstrapServers", _kafka.BootstrapServers), .. more];
}
