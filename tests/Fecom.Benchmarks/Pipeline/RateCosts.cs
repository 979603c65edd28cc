using System.Diagnostics;
using System.Globalization;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>
/// What a rate costs that many shops never pass, with a backlog of events behind it: the share of a core that the host, its
/// PostgreSQL and its Redis take, and how long a posted event takes to be a feature.
/// </summary>
internal static class RateCosts
{
    /// <summary>Events a second; 0 is a host that nobody calls.</summary>
    private static readonly int[] Rates = [0, 300, 1_000, 3_000];

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Measuring = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Probing = TimeSpan.FromSeconds(8);

    /// <summary>Long enough that the readers of an embedded Kafka rest.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(4);
    private const int LoneEvents = 5;

    private static readonly TimeSpan MaxDuration = 2 * (Settling + Measuring + Probing);

    /// <summary>More events than all rates together take.</summary>
    public static int Events => Rates.Sum(EventsAt);

    public static async Task MeasureAsync(BenchmarkRun run, StageKafka kafka, WholeHost host, int backlog)
    {
        Console.WriteLine(
            $"{"", -22} CPU after {backlog:N0} events, {(kafka.IsReal ? "on one real broker" : "embedded Kafka")}, shares of a core; events are posted as ./fecom replay does"
        );
        await host.SettleAsync();
        await using FreshnessProbe probe = await host.ProbeAsync();
        long line = 1;
        foreach (int rate in Rates)
        {
            await MeasureAsync(run, kafka, host, probe, rate, line);
            // Each goes on behind the one before: an event that came already would be late.
            line += EventsAt(rate);
        }
    }

    private static int EventsAt(int rate) => (int)(rate * MaxDuration.TotalSeconds);

    private static async Task MeasureAsync(
        BenchmarkRun run,
        StageKafka kafka,
        WholeHost host,
        FreshnessProbe probe,
        int rate,
        long line
    )
    {
        using CancellationTokenSource end = new();
        Task feed =
            rate == 0 ? Task.Delay(Timeout.InfiniteTimeSpan, end.Token) : host.ReplayAsync(rate, line, end.Token);
        await PassAsync(Settling, feed);
        CpuMeter meter = host.Meter();
        await PassAsync(Measuring, feed);
        CpuShares shares = meter.Stop();
        Freshness freshness =
            rate == 0 ? await probe.MeasureLoneAsync(LoneEvents, Quiet) : await probe.MeasureAsync(Probing);
        await end.CancelAsync();
        await EndAsync(feed, end.Token);
        await host.DrainAsync();
        Report(run, kafka, rate, shares, freshness);
    }

    /// <summary>Lets the events come in for a while.</summary>
    private static async Task PassAsync(TimeSpan time, Task feed)
    {
        if (await Task.WhenAny(feed, Task.Delay(time)) == feed)
        {
            await feed;
            throw new InvalidOperationException("The events came to their end before the measurement.");
        }
    }

    private static async Task EndAsync(Task feed, CancellationToken end)
    {
        try
        {
            await feed;
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // As it was told.
        }
    }

    private static void Report(BenchmarkRun run, StageKafka kafka, int rate, CpuShares shares, Freshness freshness)
    {
        string key = kafka.Key(rate == 0 ? "idle_cpu" : $"cpu_{rate.ToString(CultureInfo.InvariantCulture)}");
        string meaning = rate == 0 ? "of a core while nothing happens" : $"of a core at {rate:N0} events/s";
        run.Report(key, shares.All, meaning, digits: 3);
        run.Keep($"{key}_host", shares.Host, 3);
        run.Keep($"{key}_broker", shares.Broker, 3);
        run.Keep($"{key}_postgres", shares.Postgres, 3);
        run.Keep($"{key}_redis", shares.Redis, 3);
        string freshKey = kafka.Key(
            rate == 0 ? "freshness_lone" : $"freshness_{rate.ToString(CultureInfo.InvariantCulture)}"
        );
        run.Keep($"{freshKey}_p50_ms", freshness.Median.TotalMilliseconds);
        run.Keep($"{freshKey}_p99_ms", freshness.P99.TotalMilliseconds);
        string of = rate == 0 ? "of a single event after a pause" : "from the call to the feature";
        string fresh = string.Create(
            CultureInfo.InvariantCulture,
            $"; {of} p50 {freshness.Median.TotalMilliseconds:0} ms, p99 {freshness.P99.TotalMilliseconds:0} ms"
        );
        string broker = kafka.IsReal
            ? string.Create(CultureInfo.InvariantCulture, $", the broker {shares.Broker:P1}")
            : string.Create(CultureInfo.InvariantCulture, $" (its embedded broker {shares.Broker:P1} of them)");
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{"", -22} {"", 12}   host {shares.Host:P1}{broker}, PostgreSQL {shares.Postgres:P1}, Redis {shares.Redis:P1}{fresh}"
            )
        );
    }
}

/// <summary>Shares of a core.</summary>
/// <param name="Host">The host, its embedded broker included.</param>
/// <param name="Broker">The broker: a real one beside the host, or of the host the embedded one's thread.</param>
/// <param name="BrokerIsPart">Whether the broker's share is part of the host's.</param>
/// <param name="Postgres">PostgreSQL with its backends.</param>
/// <param name="Redis">Redis.</param>
internal sealed record CpuShares(double Host, double Broker, bool BrokerIsPart, double Postgres, double Redis)
{
    public double All => Host + (BrokerIsPart ? 0 : Broker) + Postgres + Redis;
}

/// <summary>Measures shares of a core from its making to <see cref="Stop"/>.</summary>
internal sealed class CpuMeter(int host, int[] brokers, int postgres, int redis)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly CpuShares _before = Read(host, brokers, postgres, redis);

    public CpuShares Stop()
    {
        double elapsed = Stopwatch.GetElapsedTime(_start).TotalMicroseconds;
        CpuShares after = Read(host, brokers, postgres, redis);
        return new CpuShares(
            (after.Host - _before.Host) / elapsed,
            (after.Broker - _before.Broker) / elapsed,
            after.BrokerIsPart,
            (after.Postgres - _before.Postgres) / elapsed,
            (after.Redis - _before.Redis) / elapsed
        );
    }

    /// <summary>Microseconds so far.</summary>
    private static CpuShares Read(int host, int[] brokers, int postgres, int redis) =>
        new(
            ProcessTimes.Cpu(host),
            brokers.Length == 0 ? ProcessTimes.Threads(host, "rdk:mock") : brokers.Sum(ProcessTimes.Cpu),
            brokers.Length == 0,
            ProcessTimes.Tree(postgres),
            ProcessTimes.Tree(redis)
        );
}
