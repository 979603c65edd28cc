namespace Fecom.Platform.Retries;

/// <summary>
/// The delays between attempts: each is twice the one before it, up to a maximum. Up to a quarter, at random, is taken
/// off each, so that hosts which lost the same server do not all retry at the same moment.
/// </summary>
/// <param name="First">The delay after the first failure, without jitter.</param>
/// <param name="MaxDelay">The longest delay, also when a server asks for more.</param>
public sealed record RetrySchedule(TimeSpan First, TimeSpan MaxDelay)
{
    private const double Jitter = 0.25;
    private const int MaxDoublings = 40;

    // Not seeded: the jitter must differ from host to host.
    private static readonly Random Chance = new();
    private static readonly Lock Drawing = new();

    /// <summary>An endpoint's batch: the servers behind a sink.</summary>
    public static RetrySchedule Endpoint { get; } = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(15));

    /// <summary>Where an endpoint begins in its partitions; its group waits for it meanwhile.</summary>
    public static RetrySchedule Assignment { get; } = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2));

    /// <summary>One step of a source: a read, a send, a position.</summary>
    public static RetrySchedule Source { get; } = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10));

    /// <summary>A session with a third-party server, started again as a whole.</summary>
    public static RetrySchedule Session { get; } = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(30));

    /// <summary>A call to a host of Fecom.</summary>
    public static RetrySchedule Call { get; } = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(10));

    /// <summary>The servers that a host needs to start, which may be starting too.</summary>
    public static RetrySchedule Start { get; } =
        new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2)) { GiveUpAfter = TimeSpan.FromSeconds(60) };

    /// <summary>A Kafka that does not answer at a host's start: the host then starts without it, and goes on trying.</summary>
    public static RetrySchedule Kafka { get; } =
        new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1)) { GiveUpAfter = TimeSpan.FromSeconds(6) };

    /// <summary>How long after the first attempt the last one may begin; null (the default) for as long as it takes.</summary>
    public TimeSpan? GiveUpAfter { get; init; }

    /// <summary>The delay after a failure, with jitter.</summary>
    /// <param name="failures">Failures in a row, from 1.</param>
    /// <param name="asked">The delay that the server asks for, up to the maximum; the schedule's own delay is used where it is longer.</param>
    public TimeSpan Wait(int failures, TimeSpan? asked)
    {
        lock (Drawing)
        {
            return Wait(failures, asked, Chance.NextDouble());
        }
    }

    /// <summary>The delay after a failure.</summary>
    /// <param name="failures">Failures in a row, from 1.</param>
    /// <param name="asked">The delay that the server asks for; the schedule's own delay is used where it is longer.</param>
    /// <param name="chance">A random number from 0 to below 1; decides how much is taken off.</param>
    public TimeSpan Wait(int failures, TimeSpan? asked, double chance)
    {
        double seconds = First.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, MaxDoublings));
        seconds = Math.Min(seconds, MaxDelay.TotalSeconds) * (1 - (Jitter * chance));
        return TimeSpan.FromSeconds(Math.Min(Math.Max(seconds, asked?.TotalSeconds ?? 0), MaxDelay.TotalSeconds));
    }
}
