using System.Diagnostics.Metrics;
using System.Text.Json;
using Fecom.Validation.FollowChanges;
using Fecom.Validation.ReadEvents;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Counts changes that are no events: meter <c>Fecom.Validation</c>.</summary>
internal sealed class SkippedChanges
{
    public const string Meter = "Fecom.Validation";

    private readonly Counter<long> _skipped;

    public SkippedChanges(IMeterFactory meters) =>
        _skipped = meters
            .Create(Meter)
            .CreateCounter<long>(
                "fecom.validation.skipped_changes",
                "{message}",
                "Messages of the change topic that tell no new behaviour, such as changed, removed and repeated rows: neither valid nor invalid events."
            );

    public void Add(IReadOnlyDictionary<ChangeKind, int> changes, int repeated, string topic)
    {
        foreach ((ChangeKind kind, int count) in changes)
        {
            Add(count, JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()), topic);
        }

        if (repeated > 0)
        {
            Add(repeated, FeedNews.Repeated, topic);
        }
    }

    private void Add(int count, string reason, string topic) =>
        _skipped.Add(
            count,
            new KeyValuePair<string, object?>("messaging.destination.name", topic),
            new KeyValuePair<string, object?>("fecom.reason", reason)
        );
}
