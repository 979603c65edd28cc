using Fecom.Contracts;
using Fecom.Platform.Messaging;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>
/// Kafka in memory and one sink behind it that takes what is above the highest position it has of a source and partition.
/// What was sent reaches the sink when a barrier passes; before that, a crash loses it.
/// </summary>
internal sealed class FakePipeline : ITopicProducer, IPipelineBarrier
{
    private const int Partitions = 12;

    private readonly Lock _gate = new();
    private readonly List<OutgoingMessage> _log = [];
    private readonly Dictionary<(string Source, uint Partition), long> _highest = [];
    private readonly List<OutgoingMessage> _taken = [];
    private readonly Random _random = new(5);
    private TaskCompletionSource _open = new();
    private int _failures;
    private bool _isCrashing;

    public FakePipeline() => _open.SetResult();

    /// <summary>Called after each batch that was sent, with the number of events sent so far.</summary>
    public Action<int> Sent { get; set; } = _ => { };

    public int MaxBytes(string topic) => 2_000_000;

    /// <summary>Events sent, again and again included.</summary>
    public int SentCount { get; private set; }

    public List<LoadCompleted> Completed { get; } = [];

    /// <summary>Topics that something was sent to, completed loads aside.</summary>
    public HashSet<string> Topics { get; } = [];

    /// <summary>What the sink has, in the order of its coming.</summary>
    public IReadOnlyList<OutgoingMessage> Taken
    {
        get
        {
            lock (_gate)
            {
                return [.. _taken];
            }
        }
    }

    /// <summary>The sink's events of a source by their positions.</summary>
    public SortedDictionary<long, string> TakenOf(string sourcePrefix)
    {
        SortedDictionary<long, string> events = [];
        foreach (
            OutgoingMessage message in Taken.Where(m =>
                m.Origin!.Value.Source.StartsWith(sourcePrefix, StringComparison.Ordinal)
            )
        )
        {
            events.Add(message.Origin!.Value.Position, System.Text.Encoding.Latin1.GetString(message.Value));
        }

        return events;
    }

    /// <summary>The sink stops taking anything, until <see cref="Open"/>.</summary>
    public void Hold() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => _open.TrySetResult();

    /// <summary>The next sends deliver a part of their messages and fail.</summary>
    public void FailNext(int times) => _failures = times;

    /// <summary>What the sink does not have is gone, and until <see cref="EndCrash"/> nothing is sent and no barrier passes: not even one that had found the sink open.</summary>
    public void BeginCrash()
    {
        lock (_gate)
        {
            _log.Clear();
            _isCrashing = true;
        }
    }

    public void EndCrash()
    {
        lock (_gate)
        {
            _isCrashing = false;
        }
    }

    public Task SendAsync(string topic, IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ThrowIfCrashing();
            if (topic == Contracts.Topics.LoadCompleted)
            {
                Completed.AddRange(
                    messages.Select(m =>
                        System.Text.Json.JsonSerializer.Deserialize<LoadCompleted>(m.Value, TopicJson.Options)!
                    )
                );
                return Task.CompletedTask;
            }

            if (Interlocked.Decrement(ref _failures) >= 0)
            {
                DeliverPart(messages);
                throw new TopicUnavailableException("Kafka is away for the test.");
            }

            _log.AddRange(messages);
            Topics.Add(topic);
            SentCount += messages.Count;
        }

        Sent(SentCount);
        return Task.CompletedTask;
    }

    public async Task PassAsync(string topic, CancellationToken cancellationToken)
    {
        await _open.Task.WaitAsync(cancellationToken);
        lock (_gate)
        {
            ThrowIfCrashing();
            foreach (OutgoingMessage message in _log)
            {
                Take(message);
            }

            _log.Clear();
        }
    }

    /// <summary>The sink takes the first messages of the log, though no barrier has passed.</summary>
    public void PassSome(int count)
    {
        lock (_gate)
        {
            foreach (OutgoingMessage message in _log.Take(count))
            {
                Take(message);
            }

            _log.RemoveRange(0, Math.Min(count, _log.Count));
        }
    }

    private void ThrowIfCrashing()
    {
        if (_isCrashing)
        {
            throw new TopicUnavailableException("The process ends.");
        }
    }

    /// <summary>Of each partition a beginning arrives.</summary>
    private void DeliverPart(IReadOnlyList<OutgoingMessage> messages)
    {
        foreach (IGrouping<uint, OutgoingMessage> partition in messages.GroupBy(Partition))
        {
            _log.AddRange(partition.Take(_random.Next(partition.Count() + 1)));
        }
    }

    private void Take(OutgoingMessage message)
    {
        (string Source, uint) place = (message.Origin!.Value.Source, Partition(message));
        if (message.Origin.Value.Position > _highest.GetValueOrDefault(place))
        {
            _highest[place] = message.Origin.Value.Position;
            _taken.Add(message);
        }
    }

    private static uint Partition(OutgoingMessage message) =>
        message.Key!.Aggregate(2_166_136_261u, (hash, b) => (hash ^ b) * 16_777_619) % Partitions;
}
