using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Fecom.Serving.LoadModels;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.TryChallengers;

/// <summary>An answer that a challenger is to give unseen.</summary>
/// <param name="Version">The challenger.</param>
/// <param name="Size">How many products or instances it is about.</param>
/// <param name="Answer">Gives it; returns a recommendation that is to be written, or null where it is logged already.</param>
internal sealed record ShadowWork(WantedVersion Version, int Size, Func<ShadowRecommendation?> Answer);

/// <summary>A recommendation that a challenger gave unseen.</summary>
internal sealed record ShadowRecommendation(
    Guid Id,
    string Kind,
    int? ChampionVersion,
    int ChallengerVersion,
    string[] Products,
    double[] Scores,
    string[] ChallengerProducts,
    double[] ChallengerScores
);

/// <summary>Unseen answers that wait: a request never waits for one, and what comes while too many wait is dropped and counted.</summary>
internal sealed class ShadowQueue
{
    private readonly Channel<ShadowWork> _waiting = Channel.CreateUnbounded<ShadowWork>(
        new UnboundedChannelOptions { SingleReader = true }
    );

    private readonly ConcurrentDictionary<string, ShadowCounts> _counts = new(StringComparer.Ordinal);
    private readonly int _max;
    private readonly Counter<long> _answered;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _failed;
    private int _size;

    public ShadowQueue(IOptions<ChallengerOptions> options, IMeterFactory meters)
    {
        _max = options.Value.MaxWaitingShadows;
        Meter meter = meters.Create("Fecom.Serving");
        _answered = meter.CreateCounter<long>(
            "fecom.serving.shadows.answered",
            "{answer}",
            "Answers that a challenger gave unseen."
        );
        _dropped = meter.CreateCounter<long>(
            "fecom.serving.shadows.dropped",
            "{answer}",
            "Answers that a challenger was to give unseen and did not, because too many waited."
        );
        _failed = meter.CreateCounter<long>(
            "fecom.serving.shadows.failed",
            "{answer}",
            "Answers that a challenger was to give unseen and failed to."
        );
    }

    /// <summary>What became of the unseen answers of a model.</summary>
    public ShadowCounts CountsOf(string model) => _counts.GetValueOrDefault(model) ?? new ShadowCounts(0, 0, 0);

    /// <summary>Takes work, or drops it.</summary>
    public void Add(ShadowWork work)
    {
        if (Interlocked.Add(ref _size, work.Size) <= _max)
        {
            _waiting.Writer.TryWrite(work);
            return;
        }

        Interlocked.Add(ref _size, -work.Size);
        _dropped.Add(1);
        Count(work, counts => counts with { Dropped = counts.Dropped + 1 });
    }

    /// <summary>Waits until there is work.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) =>
        _waiting.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Takes the next work that waits; null when none does.</summary>
    public ShadowWork? Take()
    {
        if (!_waiting.Reader.TryRead(out ShadowWork? work))
        {
            return null;
        }

        Interlocked.Add(ref _size, -work.Size);
        return work;
    }

    /// <summary>Counts an answer.</summary>
    public void Answered(ShadowWork work)
    {
        _answered.Add(1);
        Count(work, counts => counts with { Answered = counts.Answered + 1 });
    }

    /// <summary>Counts a failure.</summary>
    public void Failed(ShadowWork work)
    {
        _failed.Add(1);
        Count(work, counts => counts with { Failed = counts.Failed + 1 });
    }

    private void Count(ShadowWork work, Func<ShadowCounts, ShadowCounts> add) =>
        _counts.AddOrUpdate(work.Version.Model, _ => add(new(0, 0, 0)), (_, counts) => add(counts));
}
