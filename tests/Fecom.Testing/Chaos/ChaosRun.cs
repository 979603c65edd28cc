using System.Globalization;
using System.Text;
using System.Text.Json;
using Fecom.Platform.Messaging;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.Testing.Chaos;

/// <summary>What came of a run.</summary>
/// <param name="Plan">Its faults.</param>
/// <param name="Difference">How the stores differ from what they must be, and all that helps to find out why; empty when they do not.</param>
/// <param name="Took">From the host's first start to the end of the comparison.</param>
/// <param name="Recoveries">Of the faults after which events still came.</param>
public sealed record ChaosOutcome(ChaosPlan Plan, string Difference, TimeSpan Took, IReadOnlyList<Recovery> Recoveries);

/// <summary>
/// One run: a file and posted events go through a whole host while the plan's faults strike; then every store must equal the
/// slow oracle's. The run's folder, with the host's output, is kept when one does not.
/// </summary>
public sealed class ChaosRun
{
    private const int Calls = 150;
    private static readonly TimeSpan CallEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>Their faults last longer, and calls have to come before, in and after them.</summary>
    private static readonly TimeSpan CallEveryOnRealBrokers = TimeSpan.FromMilliseconds(500);

    private readonly ChaosServers _servers;
    private readonly Action<string> _say;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly StringBuilder _timeline = new();
    private IReadOnlyList<Recovery> _recoveries = [];
    private long _began;

    /// <param name="servers">Used by one run at a time.</param>
    /// <param name="say">Told the seed, and each fault as it strikes.</param>
    public ChaosRun(ChaosServers servers, Action<string> say) => (_servers, _say) = (servers, say);

    /// <summary>Runs a seed.</summary>
    /// <param name="seed">Gives the faults and the events.</param>
    /// <param name="events">Rows of the file; a tenth as many are posted.</param>
    public async Task<ChaosOutcome> RunAsync(int seed, int events)
    {
        bool real = _servers.Kafka is not null;
        ChaosPlan plan = real ? ChaosPlan.OfRealBrokers(seed, events) : ChaosPlan.Of(seed, events);
        // Not a run's folder: what is in it when the seed fails is for people.
        string folder = Directory.CreateTempSubdirectory($"fecom-chaos-seed{seed}-").FullName;
        Directory.CreateDirectory($"{folder}/raw");
        ChaosInput input = ChaosInput.Make(seed, events, Calls, $"{folder}/raw");
        IReadOnlyList<TopicDefinition> topics = plan.BrokerOutlivesHost && !real ? await _servers.TopicsAsync() : [];
        string connection = await _servers.EmptyAsync();
        _began = _time.GetTimestamp();
        Say($"seed {seed}, {events} rows, {plan.Faults.Count} faults, {plan.Brokers}");
        string difference;
        try
        {
            difference = await DifferenceAsync(plan, input, topics, connection, folder);
        }
        catch (Exception e)
        {
            // Whatever went wrong, the seed has failed, and its report says how.
            difference = e is ChaosException ? e.Message : e.ToString();
        }

        TimeSpan took = _time.GetElapsedTime(_began);
        if (difference.Length == 0)
        {
            Directory.Delete(folder, recursive: true);
            await _servers.DropAsync(connection);
            return new ChaosOutcome(plan, "", took, _recoveries);
        }

        string report =
            $"seed {seed}: {difference}\nplan:\n{plan}\nwhat happened:\n{_timeline}input and host's output: {folder}";
        await File.WriteAllTextAsync($"{folder}/report.txt", report);
        return new ChaosOutcome(plan, report, took, _recoveries);
    }

    private async Task<string> DifferenceAsync(
        ChaosPlan plan,
        ChaosInput input,
        IReadOnlyList<TopicDefinition> topics,
        string connection,
        string folder
    )
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(connection);
        using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(_servers.Redis.ConnectionString);
        await using ChaosBroker? broker =
            plan.BrokerOutlivesHost && _servers.Kafka is null ? await ChaosBroker.StartAsync(database, topics) : null;
        ProgressWatch watch = new(database, redis.GetDatabase(), plan.MaxFault, _time);
        await using ChaosHost host = new(connection, _servers.Redis.ConnectionString, _servers.Kafka, folder);
        string source = await LoadAsync(plan, input, host, broker, watch);
        _recoveries = watch.Recoveries;
        string difference = await new StoreCheck(database, redis.GetDatabase()).DifferenceAsync(input, source);
        Say(difference.Length == 0 ? "every store equals the oracle" : difference);
        return difference;
    }

    /// <returns>The name that the host gave to the file.</returns>
    private async Task<string> LoadAsync(
        ChaosPlan plan,
        ChaosInput input,
        ChaosHost host,
        ChaosBroker? broker,
        ProgressWatch watch
    )
    {
        using CancellationTokenSource end = new();
        host.Start();
        Task watching = watch.RunAsync(end.Token);
        EventPoster poster = new(host, input, plan.Seed, _servers.Kafka is null ? CallEvery : CallEveryOnRealBrokers);
        Task posting = poster.RunAsync(end.Token);
        Task striking = new FaultStriker(_servers, host, broker, watch, poster, _time, Say).RunAsync(plan, end.Token);
        Task looking = new Onlooker(host).RunAsync(end.Token);
        try
        {
            Task[] unless = [watching, looking, host.EndAsync(end.Token)];
            await AllAsync([striking, posting], unless);
            Say($"all faults struck, all calls accepted after {poster.Failures} that failed");
            Task<string> completed = CompletedAsync(host, end.Token);
            await AllAsync([completed], unless);
            return await completed;
        }
        finally
        {
            await end.CancelAsync();
            // They end by the cancellation now; what failed before is on its way up.
            await Task.WhenAll(striking, posting, watching, looking)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Completes with the tasks, or fails with the first that fails.</summary>
    private static async Task AllAsync(List<Task> tasks, Task[] unless)
    {
        while (tasks.Count > 0)
        {
            Task first = await Task.WhenAny([.. tasks, .. unless]);
            await first;
            tasks.Remove(first);
        }
    }

    /// <summary>Waits until the host says that every store has the file and the posted events.</summary>
    private async Task<string> CompletedAsync(ChaosHost host, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            if (await host.SourcesAsync(cancellationToken) is { } sources && Completed(sources) is { } source)
            {
                Say("the host says that everything is in");
                return source;
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private static string? Completed(JsonElement sources)
    {
        JsonElement[] all = [.. sources.EnumerateArray()];
        JsonElement file = Array.Find(all, source => source.GetProperty("kind").GetString() == "file");
        JsonElement api = Array.Find(all, source => source.GetProperty("kind").GetString() == "api");
        return
            file.ValueKind == JsonValueKind.Object
            && file.GetProperty("state").GetString() == "completed"
            && api.GetProperty("backlog").GetInt64() == 0
            ? file.GetProperty("name").GetString()
            : null;
    }

    private void Say(string what)
    {
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{_time.GetElapsedTime(_began).TotalSeconds, 7:0.00} s  {what}"
        );
        lock (_timeline)
        {
            _timeline.AppendLine(line);
        }

        _say(line);
    }
}
