using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Fecom.Platform.Messaging;

/// <summary>The transport's OpenTelemetry instruments: meter and activity source <c>Fecom.Messaging</c>.</summary>
internal sealed class EndpointMetrics
{
    public const string Name = "Fecom.Messaging";

    private readonly Counter<long> _consumed;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _deadLetters;
    private readonly Counter<long> _missed;
    private readonly Histogram<int> _batchSize;
    private readonly Histogram<double> _dispatch;
    private readonly ConsumerProgress _progress;
    private readonly EndpointStatuses _statuses;

    public EndpointMetrics(IMeterFactory meters, ConsumerProgress progress, EndpointStatuses statuses)
    {
        _progress = progress;
        _statuses = statuses;
        Meter meter = meters.Create(Name);
        _consumed = meter.CreateCounter<long>(
            "messaging.client.consumed.messages",
            "{message}",
            "Messages that an endpoint is done with."
        );
        _retries = meter.CreateCounter<long>(
            "fecom.endpoint.retries",
            "{batch}",
            "Batches tried again because a server was away."
        );
        _deadLetters = meter.CreateCounter<long>(
            "fecom.endpoint.dead_letters",
            "{message}",
            "Messages given up to the dead-letter topic."
        );
        _missed = meter.CreateCounter<long>(
            "fecom.endpoint.missed",
            "{message}",
            "Records that were gone from the log before they were read."
        );
        _batchSize = meter.CreateHistogram<int>("fecom.endpoint.batch.size", "{message}", "Messages of a batch.");
        _dispatch = meter.CreateHistogram<double>(
            "messaging.process.duration",
            "s",
            "Time in which a batch was processed, retries included."
        );
        meter.CreateObservableGauge(
            "fecom.endpoint.lag",
            Lags,
            "{message}",
            "Messages in the log that the endpoint has not taken yet."
        );
        meter.CreateObservableGauge(
            "fecom.endpoint.delay",
            Delays,
            "s",
            "How long ago the message was received that the endpoint took last, while the log has further ones; 0 when it has none."
        );
        meter.CreateObservableGauge("fecom.endpoint.paused", Paused, "1", "1 while the endpoint waits for a server.");
    }

    /// <summary>Spans of sending and processing; their context travels in the header <c>traceparent</c>.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    public void Took(TopicEndpointDefinition endpoint, int messages, TimeSpan time)
    {
        TagList tags = Tags(endpoint);
        _batchSize.Record(messages, tags);
        _dispatch.Record(time.TotalSeconds, tags);
    }

    public void Consumed(TopicEndpointDefinition endpoint, int partition, long messages) =>
        _consumed.Add(messages, Tags(endpoint, partition));

    public void Retried(TopicEndpointDefinition endpoint) => _retries.Add(1, Tags(endpoint));

    public void Missed(TopicEndpointDefinition endpoint, int partition, long records) =>
        _missed.Add(records, Tags(endpoint, partition));

    public void GaveUp(TopicEndpointDefinition endpoint, int partition) =>
        _deadLetters.Add(1, Tags(endpoint, partition));

    private IEnumerable<Measurement<long>> Lags() =>
        _statuses.All.SelectMany(status =>
            status.Ends.Select(end => new Measurement<long>(
                Math.Max(0, end.Value - _progress.Next(status.Definition, end.Key)),
                Tags(status.Definition, end.Key)
            ))
        );

    private IEnumerable<Measurement<double>> Delays() =>
        _statuses.All.Select(status => new Measurement<double>(
            status.Ends.Any(end => end.Value > _progress.Next(status.Definition, end.Key))
                ? status.Delay.TotalSeconds
                : 0,
            Tags(status.Definition)
        ));

    private IEnumerable<Measurement<int>> Paused() =>
        _statuses.All.Select(status => new Measurement<int>(status.Waits is null ? 0 : 1, Tags(status.Definition)));

    private static TagList Tags(TopicEndpointDefinition endpoint) =>
        new()
        {
            { "messaging.system", "kafka" },
            { "messaging.consumer.group.name", endpoint.Group },
            { "messaging.destination.name", endpoint.Topic },
        };

    private static TagList Tags(TopicEndpointDefinition endpoint, int partition)
    {
        TagList tags = Tags(endpoint);
        tags.Add("messaging.destination.partition.id", partition);
        return tags;
    }
}
