using System.Diagnostics.Metrics;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Counts changes that are no events: meter <c>Fecom.Validation</c>.</summary>
internal sealed class SkippedChanges
{
    public const string Meter = "Fecom.Validation";

    private readonly Counter<long> _skipped;

    public SkippedChanges(IMeterFactory meters) =>
        _skipped = meters
            .Create(Meter)
            .CreateCounter<long>("fecom.validation.skipped_changes", "{message}", "Changed, removed and truncated rows: no new behaviour, so neither valid nor invalid events.");

    public void Add(int changes, string topic)
    {
        if (changes > 0)
        {
            _skipped.Add(changes, new KeyValuePair<string, object?>("messaging.destination.name", topic));
        }
    }
}
