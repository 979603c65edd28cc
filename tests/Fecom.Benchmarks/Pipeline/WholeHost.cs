using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Fecom.Ingestion.EventFiles.ReplayFile;
using Fecom.Testing;
using Npgsql;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>The host as it runs for a shop, in a process of its own, loading a generated file and answering posted events.</summary>
internal sealed class WholeHost : IAsyncDisposable
{
    private const int PostedEvents = 400_000;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly HostProcess _host;
    private readonly StageKafka _kafka;
    private readonly PrivatePostgres _postgres;
    private readonly PrivateRedis _redis;
    private readonly string _data;
    private readonly int _events;
    private readonly string _connection;

    private WholeHost(
        HostProcess host,
        StageKafka kafka,
        PrivatePostgres postgres,
        PrivateRedis redis,
        string connection,
        string data,
        int events
    )
    {
        _kafka = kafka;
        _connection = connection;
        _host = host;
        _postgres = postgres;
        _redis = redis;
        _data = data;
        _events = events;
    }

    public double PeakMemoryMib { get; private set; }

    /// <summary>A client of its API.</summary>
    public HttpClient Http => _host.Http;

    /// <summary>The connection string of its database.</summary>
    public string Connection => _connection;

    private int[] Servers => [_postgres.Pid, _redis.Pid];

    public static async Task<WholeHost> StartAsync(
        int events,
        StageKafka kafka,
        PrivatePostgres postgres,
        PrivateRedis redis,
        params (string Name, string Value)[] settings
    )
    {
        string data = RunFolder.Create("bench");
        Directory.CreateDirectory($"{data}/raw");
        await GeneratedFile.MakeAsync(events, seed: 1, $"{data}/events.csv");
        string connection = await postgres.CreateDatabaseAsync();
        await redis.FlushAsync();
        HostProcess host = await HostProcess.StartAsync(
            connection,
            redis.ConnectionString,
            data,
            [("Kafka__BootstrapServers", await kafka.EmptyAsync()), .. settings]
        );
        return new WholeHost(host, kafka, postgres, redis, connection, data, events);
    }

    /// <summary>Puts the file where the host finds it; what it costs from its first row until every sink has its last.</summary>
    public async Task<StageCosts> LoadAsync()
    {
        File.Move($"{_data}/events.csv", $"{_data}/raw/events.csv");
        await Poll.UntilAsync(
            async () => (await GeneratedFile.FindAsync(_host.Http, "events.csv"))?.Rows > 0,
            TimeSpan.FromSeconds(30),
            "the load did not start"
        );
        StageMeter meter = new(_host.Pid, _kafka.Brokers, Servers);
        long already = (await GeneratedFile.FindAsync(_host.Http, "events.csv"))!.Rows;
        if (already == _events)
        {
            throw new InvalidOperationException($"All {_events:N0} events were loaded at the first look: take more.");
        }

        await GeneratedFile.LoadedAsync(_host.Http, "events.csv", _events);
        StageCosts costs = meter.Stop(_events - already);
        PeakMemoryMib = _host.PeakMemoryMib();
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(_connection);
        await WrittenRows.CheckAsync(database, WrittenRows.BronzeAsync, _events);
        await WrittenRows.CheckAsync(database, WrittenRows.FeaturesAsync, _events);
        return costs;
    }

    /// <summary>Posts the events of the loaded file again, so many callers at once, a call after the other; what it costs until the last is accepted.</summary>
    public async Task<StageCosts> PostAsync(int callers, int eventsACall)
    {
        byte[][] calls = [.. Calls($"{_data}/raw/events.csv", eventsACall)];
        StageMeter meter = new(_host.Pid, _kafka.Brokers, Servers);
        int next = -1;
        await Parallel.ForAsync(
            0,
            callers,
            new ParallelOptions { MaxDegreeOfParallelism = callers },
            async (_, cancellationToken) =>
            {
                while (Interlocked.Increment(ref next) is int call && call < calls.Length)
                {
                    using ByteArrayContent body = new(calls[call]);
                    body.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
                    using HttpResponseMessage answer = await _host.Http.PostAsync(
                        new Uri("/api/v1/events", UriKind.Relative),
                        body,
                        cancellationToken
                    );
                    if (answer.StatusCode == HttpStatusCode.TooManyRequests)
                    {
                        throw new InvalidOperationException("The host has more events than it takes: post fewer.");
                    }

                    answer.EnsureSuccessStatusCode();
                }
            }
        );
        return meter.Stop(calls.Length * (long)eventsACall);
    }

    /// <summary>Lets PostgreSQL do what a load leaves it to do, so that it does not do it during a measurement.</summary>
    /// <param name="replayed">Events that are made for <see cref="ReplayAsync"/>.</param>
    public async Task SettleAsync(int? replayed = null)
    {
        await DrainAsync();
        await GeneratedFile.MakeAsync(replayed ?? RateCosts.Events, seed: 2, $"{_data}/rates.csv");
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(_connection);
        foreach (string text in (string[])["vacuum analyze", "checkpoint"])
        {
            await using NpgsqlCommand command = database.CreateCommand(text);
            command.CommandTimeout = 300;
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Posts events as <c>./fecom replay</c> does, until it is cancelled.</summary>
    public async Task ReplayAsync(int rate, long fromLine, CancellationToken cancellationToken)
    {
        using HttpClient http = new() { BaseAddress = _host.Http.BaseAddress };
        SendFileCommand replay = new(http, TimeProvider.System, TextWriter.Null);
        await replay.RunAsync(
            new SendFileRequest($"{_data}/rates.csv", http.BaseAddress!, rate, Speed: 1, fromLine),
            cancellationToken
        );
    }

    /// <summary>Does something while events come in.</summary>
    /// <param name="rate">Events a second.</param>
    /// <param name="fromLine">Line of the file at which they begin.</param>
    /// <param name="work">What is done.</param>
    public async Task BesideAsync(int rate, long fromLine, Func<Task> work)
    {
        using CancellationTokenSource end = new();
        Task feed = ReplayAsync(rate, fromLine, end.Token);
        Task done = work();
        if (await Task.WhenAny(feed, done) == feed)
        {
            await feed;
            throw new InvalidOperationException("The events came to their end before the measurement.");
        }

        await end.CancelAsync();
        try
        {
            await feed;
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // As it was told.
        }

        await done;
        await DrainAsync();
    }

    /// <summary>Does something while a further file loads as fast as it goes.</summary>
    /// <param name="events">Events of the file: more than load while the work is done.</param>
    /// <param name="work">What is done, on the caller's thread.</param>
    /// <returns>Events a second that were read of the file meanwhile.</returns>
    public async Task<double> LoadBesideAsync(int events, Action work)
    {
        const string file = "more.csv";
        await GeneratedFile.MakeAsync(events, seed: 3, $"{_data}/{file}");
        File.Move($"{_data}/{file}", $"{_data}/raw/{file}");
        await Poll.UntilAsync(
            async () => (await GeneratedFile.FindAsync(_host.Http, file))?.Rows > 0,
            TimeSpan.FromSeconds(30),
            "the load did not start"
        );
        long before = (await GeneratedFile.FindAsync(_host.Http, file))!.Rows;
        long start = Stopwatch.GetTimestamp();
        work();
        LoadedFile after = (await GeneratedFile.FindAsync(_host.Http, file))!;
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        if (after.Rows >= events)
        {
            throw new InvalidOperationException("The file came to its end before the measurement.");
        }

        await GeneratedFile.LoadedAsync(_host.Http, file, events);
        return (after.Rows - before) / took.TotalSeconds;
    }

    /// <summary>Waits until every posted event is in every sink.</summary>
    public async Task DrainAsync()
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(_connection);
        await using NpgsqlCommand waiting = database.CreateCommand("select count(*) from ingestion.outbox");
        await Poll.UntilEqualAsync(
            0L,
            async () => (long)(await waiting.ExecuteScalarAsync())!,
            Timeout,
            "chunks of posted events that are on their way"
        );
    }

    public CpuMeter Meter() => new(_host.Pid, _kafka.Brokers, _postgres.Pid, _redis.Pid);

    public Task<FreshnessProbe> ProbeAsync() => FreshnessProbe.ConnectAsync(_host.Http, _redis.ConnectionString);

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    private static IEnumerable<byte[]> Calls(string file, int events)
    {
        using EventFile rows = EventFile.Open(file, new Pace(rate: 1, speed: 1), fromLine: 1);
        foreach (DueEvent[] call in rows.Read(DateTime.UnixEpoch).Take(PostedEvents).Chunk(events))
        {
            yield return [.. call.SelectMany(e => e.Json.Append((byte)'\n'))];
        }
    }
}
