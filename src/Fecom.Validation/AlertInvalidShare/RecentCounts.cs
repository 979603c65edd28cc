namespace Fecom.Validation.AlertInvalidShare;

/// <summary>Events that this host has validated since it last reported to PostgreSQL.</summary>
internal sealed class RecentCounts(ValidationMetrics metrics)
{
    private readonly Lock _gate = new();
    private InvalidShare _counts;

    /// <summary>Counts a processed batch. A batch that a killed host had not committed counts twice.</summary>
    public void Add(int valid, int invalid)
    {
        metrics.Sorted(valid, invalid);
        lock (_gate)
        {
            _counts = new InvalidShare(_counts.Valid + valid, _counts.Invalid + invalid);
        }
    }

    /// <summary>Takes the counts and resets them.</summary>
    public InvalidShare Take()
    {
        lock (_gate)
        {
            InvalidShare taken = _counts;
            _counts = default;
            return taken;
        }
    }

    /// <summary>Puts back counts that could not be reported.</summary>
    public void Return(InvalidShare counts)
    {
        lock (_gate)
        {
            _counts = new InvalidShare(_counts.Valid + counts.Valid, _counts.Invalid + counts.Invalid);
        }
    }
}
