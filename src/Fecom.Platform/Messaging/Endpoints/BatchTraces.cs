using System.Diagnostics;
using System.Text;

namespace Fecom.Platform.Messaging;

/// <summary>The trace contexts that a batch's messages bring, each once, up to a limit.</summary>
internal sealed class BatchTraces
{
    private readonly TraceContexts _contexts = new();
    private byte[] _last = [];

    public void Add(in NativeHeaders headers)
    {
        ReadOnlySpan<byte> value = headers.Trace;
        if (value.IsEmpty || _contexts.IsFull || !TraceContexts.AreWanted || value.SequenceEqual(_last))
        {
            return;
        }

        _last = value.ToArray();
        _contexts.Add(Encoding.ASCII.GetString(value));
    }

    public void Clear()
    {
        _contexts.Clear();
        _last = [];
    }

    /// <summary>A span for the batch: a child of its only trace, or linked to all of them. Null when nobody listens.</summary>
    public Activity? Start(TopicEndpointDefinition endpoint, int messages) =>
        _contexts
            .Start($"process {endpoint.Topic}", ActivityKind.Consumer)
            ?.SetTag("messaging.system", "kafka")
            .SetTag("messaging.operation.type", "process")
            .SetTag("messaging.destination.name", endpoint.Topic)
            .SetTag("messaging.consumer.group.name", endpoint.Group)
            .SetTag("messaging.batch.message_count", messages);
}
