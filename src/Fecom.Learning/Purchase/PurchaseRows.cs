using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Learning.Purchase;

/// <summary>The second pass over the events: gives rows the features that they had, and then parts them by time.</summary>
/// <remarks>A row sees every event that was known before its own, and its own: nothing that came after it, not even within its second.</remarks>
public sealed class PurchaseRows
{
    private readonly List<PurchaseRowFinder.Row> _rows;
    private readonly List<PurchaseRowFinder.Visit> _visits;
    private readonly HistoricalFeatures _features;
    private readonly TimeZoneInfo _zone;
    private readonly TimeSpan? _horizon;

    internal PurchaseRows(
        PurchaseCandidate candidate,
        List<PurchaseRowFinder.Row> rows,
        List<PurchaseRowFinder.Visit> visits,
        TimeZoneInfo zone,
        TimeSpan? horizon
    )
    {
        Candidate = candidate;
        _horizon = horizon;
        _rows = rows;
        _visits = visits;
        _zone = zone;
        _features = new HistoricalFeatures(
            [.. rows.Select(row => new EntityRow(row.Keys, row.At, row.Event))],
            [],
            zone,
            (row, values) => _rows[row].Features = PurchaseFeatures.Of(values)
        );
    }

    /// <summary>Which events the rows stand for.</summary>
    public PurchaseCandidate Candidate { get; }

    /// <summary>How many there are.</summary>
    public int Count => _rows.Count;

    /// <summary>Takes the next event in: the same events in the same order as in the first pass.</summary>
    public void Take(BehaviorEvent e) => _features.Take(e, HistoricalFeatures.KnownAt(e));

    /// <summary>
    /// The rows with their features, in parts by the time when their sessions began. What is learned from was known before the part behind
    /// it begins: its sessions were over, and so was the horizon within which its products could be bought.
    /// </summary>
    /// <param name="validationShare">Share of the rows to validate on, the newest; 0 learns from all.</param>
    /// <exception cref="InsufficientDataException">A part has not both classes.</exception>
    public PurchaseDataSet Split(double validationShare = PurchaseDataSet.ValidationShare)
    {
        _features.Complete();
        _rows.Sort(InTime);
        DateTime validationStart = validationShare > 0 ? StartAt(_rows, 1 - validationShare) : DateTime.MaxValue;
        List<PurchaseRowFinder.Row> train = _rows.FindAll(row => IsKnownBefore(validationStart, row));
        List<PurchaseRowFinder.Row> validation = _rows.FindAll(row =>
            VisitOf(row).Start >= validationStart && row.IsFirst
        );
        RequireBoth(train, "training rows");
        if (validationShare > 0)
        {
            RequireBoth(validation, "validation rows");
        }

        return new PurchaseDataSet(
            Candidate,
            _zone,
            Folds(train),
            Strip(train),
            Strip(validation),
            SessionsOf(validation),
            validationStart
        );
    }

    /// <summary>Later and later parts of the training rows, each with the rows before it. A part without both classes is left out.</summary>
    private List<PurchaseFold> Folds(List<PurchaseRowFinder.Row> train)
    {
        List<PurchaseFold> folds = [];
        for (int i = 0; i < PurchaseDataSet.FoldBorders.Count; i++)
        {
            DateTime start = StartAt(train, PurchaseDataSet.FoldBorders[i]);
            bool isLast = i + 1 == PurchaseDataSet.FoldBorders.Count;
            DateTime end = isLast ? DateTime.MaxValue : StartAt(train, PurchaseDataSet.FoldBorders[i + 1]);
            List<PurchaseRowFinder.Row> fit = train.FindAll(row => IsKnownBefore(start, row));
            List<PurchaseRowFinder.Row> stop = train.FindAll(row =>
                VisitOf(row).Start >= start && VisitOf(row).Start < end && row.IsFirst
            );
            if (HasBoth(fit) && HasBoth(stop))
            {
                folds.Add(new PurchaseFold(Strip(fit), Strip(stop)));
            }
        }

        return folds.Count > 0
            ? folds
            : throw new InsufficientDataException(
                $"Of {train.Count} training rows, no newest part has both classes: more sessions are needed."
            );
    }

    /// <summary>Whether a row's label was known at a moment, so that it could be learned from there.</summary>
    private bool IsKnownBefore(DateTime moment, PurchaseRowFinder.Row row) =>
        VisitOf(row).End < moment && (_horizon is not { } horizon || moment - row.EventTime >= horizon);

    private PurchaseRowFinder.Visit VisitOf(PurchaseRowFinder.Row row) => _visits[row.Session];

    /// <summary>The session start below which this share of the rows lies; rows are in the order of their sessions' starts.</summary>
    private DateTime StartAt(List<PurchaseRowFinder.Row> rows, double share) =>
        VisitOf(rows[Math.Min((int)(rows.Count * share), rows.Count - 1)]).Start;

    private int InTime(PurchaseRowFinder.Row a, PurchaseRowFinder.Row b)
    {
        int order = VisitOf(a).Start.CompareTo(VisitOf(b).Start);
        order = order != 0 ? order : a.Session.CompareTo(b.Session);
        order = order != 0 ? order : a.At.CompareTo(b.At);
        return order != 0 ? order : a.Event.CompareTo(b.Event);
    }

    private static bool HasBoth(List<PurchaseRowFinder.Row> rows) =>
        rows.Exists(row => row.IsPurchased) && rows.Exists(row => !row.IsPurchased);

    private void RequireBoth(List<PurchaseRowFinder.Row> rows, string what)
    {
        if (!HasBoth(rows))
        {
            throw new InsufficientDataException(
                $"Of {rows.Count} {what}, {rows.Count(row => row.IsPurchased)} were bought: at least 1 bought and 1 not bought are needed.{(_horizon is { } horizon ? $" Rows whose horizon of {horizon} was not over when the next part began are not among them." : "")}"
            );
        }
    }

    private static int[] SessionsOf(List<PurchaseRowFinder.Row> rows)
    {
        Dictionary<int, int> numbers = [];
        return
        [
            .. rows.Select(row =>
            {
                ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, row.Session, out bool isKnown);
                number = isKnown ? number : numbers.Count - 1;
                return number;
            }),
        ];
    }

    private static PurchaseRow[] Strip(List<PurchaseRowFinder.Row> rows) =>
        [.. rows.Select(row => new PurchaseRow(row.Features, row.IsPurchased, row.IsFirst))];
}
