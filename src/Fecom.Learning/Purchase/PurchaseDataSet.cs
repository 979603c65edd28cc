namespace Fecom.Learning.Purchase;

/// <summary>Labelled rows in three parts by time; a session is in one part only.</summary>
/// <remarks>
/// The oldest sessions fit the model, the next decide when to stop growing it, the newest validate it. A session that lies
/// across a border is in neither part, so no row of a part could see what happened in a later one.
/// </remarks>
public sealed class PurchaseDataSet
{
    /// <summary>Share of rows in <see cref="Validation"/>.</summary>
    public const double ValidationShare = 0.2;

    /// <summary>Share of rows in <see cref="Stop"/>.</summary>
    public const double StopShare = 0.1;

    internal PurchaseDataSet(
        PurchaseCandidate candidate,
        PurchaseRow[] fit,
        PurchaseRow[] stop,
        PurchaseRow[] train,
        PurchaseRow[] validation,
        int[] validationSessions,
        DateTime validationStart
    )
    {
        Candidate = candidate;
        Fit = fit;
        Stop = stop;
        Train = train;
        Validation = validation;
        ValidationSessions = validationSessions;
        ValidationStart = validationStart;
    }

    /// <summary>Which events the rows stand for.</summary>
    public PurchaseCandidate Candidate { get; }

    /// <summary>The oldest sessions' rows.</summary>
    public IReadOnlyList<PurchaseRow> Fit { get; }

    /// <summary>Rows of the sessions that follow those of <see cref="Fit"/>.</summary>
    public IReadOnlyList<PurchaseRow> Stop { get; }

    /// <summary>Every row before <see cref="Validation"/>: those of <see cref="Fit"/> and <see cref="Stop"/>, and of sessions across their border.</summary>
    public IReadOnlyList<PurchaseRow> Train { get; }

    /// <summary>The newest sessions' rows.</summary>
    public IReadOnlyList<PurchaseRow> Validation { get; }

    /// <summary>The session of each row of <see cref="Validation"/>, numbered from 0 without gaps.</summary>
    public IReadOnlyList<int> ValidationSessions { get; }

    /// <summary>Sessions of <see cref="Validation"/> began then or later, UTC; those of <see cref="Train"/> ended before.</summary>
    public DateTime ValidationStart { get; }
}
