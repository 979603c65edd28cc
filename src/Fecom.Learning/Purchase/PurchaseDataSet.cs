namespace Fecom.Learning.Purchase;

/// <summary>A part of the training rows that models are tried on, and all rows of sessions that were over before it began.</summary>
/// <param name="Fit">What to learn from.</param>
/// <param name="Stop">What comes next: the first rows of its sessions.</param>
public sealed record PurchaseFold(IReadOnlyList<PurchaseRow> Fit, IReadOnlyList<PurchaseRow> Stop);

/// <summary>Labelled rows in parts by time; a session is in one part only.</summary>
/// <remarks>
/// The newest sessions validate; of those before, later and later parts decide how long trees are grown. A session that lies across a
/// border is in neither part, so no row of a part could see what happened in a later one.
/// </remarks>
public sealed class PurchaseDataSet
{
    /// <summary>Share of rows in <see cref="Validation"/>.</summary>
    public const double ValidationShare = 0.2;

    internal PurchaseDataSet(
        PurchaseCandidate candidate,
        TimeZoneInfo zone,
        IReadOnlyList<PurchaseFold> folds,
        PurchaseRow[] train,
        PurchaseRow[] validation,
        int[] validationSessions,
        DateTime validationStart
    )
    {
        Candidate = candidate;
        Zone = zone;
        Folds = folds;
        Train = train;
        Validation = validation;
        ValidationSessions = validationSessions;
        ValidationStart = validationStart;
    }

    /// <summary>Shares of the training rows at which a part begins; it ends where the next begins.</summary>
    public static IReadOnlyList<double> FoldBorders { get; } = [0.55, 0.7, 0.85];

    /// <summary>Which events the rows stand for.</summary>
    public PurchaseCandidate Candidate { get; }

    /// <summary>The shop's time zone, by which hours and weekdays are told.</summary>
    public TimeZoneInfo Zone { get; }

    /// <summary>Several time splits of <see cref="Train"/>, at least one.</summary>
    public IReadOnlyList<PurchaseFold> Folds { get; }

    /// <summary>Every row of sessions that were over before <see cref="Validation"/> began.</summary>
    public IReadOnlyList<PurchaseRow> Train { get; }

    /// <summary>The first rows of the newest sessions.</summary>
    public IReadOnlyList<PurchaseRow> Validation { get; }

    /// <summary>The session of each row of <see cref="Validation"/>, numbered from 0 without gaps.</summary>
    public IReadOnlyList<int> ValidationSessions { get; }

    /// <summary>Sessions of <see cref="Validation"/> began then or later, UTC; those of <see cref="Train"/> ended before.</summary>
    public DateTime ValidationStart { get; }
}
