namespace Fecom.Validation.AlertInvalidShare;

/// <summary>Events that this host has sorted since it last told PostgreSQL.</summary>
internal sealed class RecentCounts(ValidationMetrics metrics)
{
    private readonly Lock _gate = new();
    private InvalidShare _counts;

    /// <summary>A batch is through. One that a killed host had not committed counts again.</summary>
    public void Add(int valid, int invalid)
    {
        metrics.Sorted(valid, invalid);
        lock (_gate)
        {
            _counts = new InvalidShare(_counts.Valid + valid, _counts.Invalid + invalid);
        }
    }

    /// <summary>Takes what there is.</summary>
    public InvalidShare Take()
    {
        lock (_gate)
        {
            InvalidShare taken = _counts;
            _counts = default;
            return taken;
        }
    }

    /// <summary>Puts back what could not be told.</summary>
    public void Return(InvalidShare counts)
    {
        lock (_gate)
        {
            _counts = new InvalidShare(_counts.Valid + counts.Valid, _counts.Invalid + counts.Invalid);
        }
    }
}
