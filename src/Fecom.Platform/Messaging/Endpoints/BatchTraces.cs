using System.Diagnostics;
using System.Text;

namespace Fecom.Platform.Messaging;

/// <summary>The trace contexts that a batch's messages bring, each once, up to a limit.</summary>
internal sealed class BatchTraces
{
    /// <summary>A batch with events of 20,000 calls has 20,000 trace contexts; so many are linked at most.</summary>
    private const int Max = 32;

    private readonly HashSet<ActivityContext> _contexts = [];
    private byte[] _last = [];

    public void Add(in NativeHeaders headers)
    {
        ReadOnlySpan<byte> value = headers.Trace;
        if (
            value.IsEmpty
            || _contexts.Count == Max
            || !EndpointMetrics.Activities.HasListeners()
            || value.SequenceEqual(_last)
        )
        {
            return;
        }

        _last = value.ToArray();
        if (
            ActivityContext.TryParse(Encoding.ASCII.GetString(value), null, isRemote: true, out ActivityContext context)
        )
        {
            _contexts.Add(context);
        }
    }

    public void Clear()
    {
        _contexts.Clear();
        _last = [];
    }

    /// <summary>A span for the batch: a child of its only trace, or linked to all of them. Null when nobody listens.</summary>
    public Activity? Start(TopicEndpointDefinition endpoint, int messages)
    {
        Activity? activity =
            _contexts.Count == 1
                ? EndpointMetrics.Activities.StartActivity(
                    $"process {endpoint.Topic}",
                    ActivityKind.Consumer,
                    _contexts.Single()
                )
                : EndpointMetrics.Activities.StartActivity(
                    $"process {endpoint.Topic}",
                    ActivityKind.Consumer,
                    default(ActivityContext),
                    links: _contexts.Select(context => new ActivityLink(context))
                );
        return activity
            ?.SetTag("messaging.system", "kafka")
            .SetTag("messaging.operation.type", "process")
            .SetTag("messaging.destination.name", endpoint.Topic)
            .SetTag("messaging.consumer.group.name", endpoint.Group)
            .SetTag("messaging.batch.message_count", messages);
    }
}
