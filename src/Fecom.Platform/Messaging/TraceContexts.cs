using System.Diagnostics;

namespace Fecom.Platform.Messaging;

/// <summary>The trace contexts (W3C's <c>traceparent</c>) of what is worked on together, each once, up to a limit.</summary>
public sealed class TraceContexts
{
    /// <summary>A batch with events of 20,000 calls has 20,000 trace contexts; so many are linked at most.</summary>
    public const int Max = 32;

    private readonly HashSet<ActivityContext> _contexts = [];

    /// <summary>Whether anybody takes traces.</summary>
    public static bool AreWanted => EndpointMetrics.Activities.HasListeners();

    /// <summary>What is under way here, for somebody who goes on with it elsewhere; null when it is not traced.</summary>
    public static string? Current =>
        AreWanted && Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } activity
            ? activity.Id
            : null;

    public int Count => _contexts.Count;

    public bool IsFull => _contexts.Count == Max;

    /// <summary>Takes a context; one that is malformed, or beyond the limit, is passed over.</summary>
    public void Add(string traceparent)
    {
        if (!IsFull && ActivityContext.TryParse(traceparent, null, isRemote: true, out ActivityContext context))
        {
            _contexts.Add(context);
        }
    }

    public void Clear() => _contexts.Clear();

    /// <summary>A span: a child of the only context, or linked to all of them. Null when nobody listens.</summary>
    public Activity? Start(string name, ActivityKind kind) =>
        _contexts.Count == 1
            ? EndpointMetrics.Activities.StartActivity(name, kind, _contexts.Single())
            : EndpointMetrics.Activities.StartActivity(
                name,
                kind,
                default(ActivityContext),
                links: _contexts.Select(context => new ActivityLink(context))
            );
}
