using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Learning.Purchase;

/// <summary>Turns sessions, one after the other, into labelled rows: one a product and session.</summary>
/// <remarks>
/// Features are those of the candidate event, so they hold nothing that came after it; the label alone looks ahead. An
/// event that arrived late (older than one before it) makes no row: its count knew events of a later time. A session whose
/// last event lies less than <see cref="OpenSession"/> before the newest of all may still go on, and its rows are left out
/// when the data span a day or more. Memory is about 100 bytes a row.
/// </remarks>
public sealed class PurchaseDataSetBuilder
{
    /// <summary>First carts are the candidates when there are at least so many rows of them, and <see cref="MinOfAClass"/> of each class.</summary>
    public const int MinCarts = 500;

    /// <summary>The fewest bought, and the fewest not bought, that there must be.</summary>
    public const int MinOfAClass = 30;

    /// <summary>A session with an event so recent may still go on.</summary>
    public static readonly TimeSpan OpenSession = TimeSpan.FromMinutes(30);

    private readonly List<Row> _rows = [];
    private readonly List<(DateTime Start, DateTime End)> _sessions = [];
    private readonly Dictionary<string, ProductSpan> _products = [];
    private readonly Dictionary<string, string> _texts = [];

    /// <summary>Sessions taken in so far.</summary>
    public int Sessions => _sessions.Count;

    /// <summary>Takes a whole session in.</summary>
    /// <param name="events">Its events in the order in which they arrived.</param>
    public void AddSession(ReadOnlySpan<PurchaseEvent> events)
    {
        if (events.IsEmpty)
        {
            return;
        }

        _products.Clear();
        DateTime start = events[0].EventTime;
        DateTime end = start;
        for (int i = 0; i < events.Length; i++)
        {
            DateTime time = events[i].EventTime;
            ref ProductSpan product = ref CollectionsMarshal.GetValueRefOrAddDefault(
                _products,
                events[i].ProductId,
                out _
            );
            product.Take(i, events[i], late: time < end);
            start = time < start ? time : start;
            end = time > end ? time : end;
        }

        foreach (ProductSpan product in _products.Values)
        {
            AddRows(product, events);
        }

        _sessions.Add((start, end));
    }

    /// <summary>Splits what was taken in by time.</summary>
    /// <exception cref="InsufficientDataException">Fewer than <see cref="MinOfAClass"/> rows of a class, or a part without both classes.</exception>
    public PurchaseDataSet Build()
    {
        List<Row> rows = Closed();
        PurchaseCandidate candidate = Choose(rows);
        rows.RemoveAll(row => candidate == PurchaseCandidate.FirstCart ? !row.IsFirstCart : !row.IsFirstTouch);
        rows.Sort(InTime);
        RequireBoth(rows, "all rows", MinOfAClass);

        DateTime validationStart = StartAt(rows, 1 - PurchaseDataSet.ValidationShare);
        List<Row> train = rows.FindAll(row => _sessions[row.Session].End < validationStart);
        List<Row> validation = rows.FindAll(row => _sessions[row.Session].Start >= validationStart);
        RequireBoth(train, "training rows", 1);
        RequireBoth(validation, "validation rows", 1);

        DateTime stopStart = StartAt(train, 1 - (PurchaseDataSet.StopShare / (1 - PurchaseDataSet.ValidationShare)));
        List<Row> fit = train.FindAll(row => _sessions[row.Session].End < stopStart);
        List<Row> stop = train.FindAll(row => _sessions[row.Session].Start >= stopStart);
        RequireBoth(fit, "fitting rows", 1);
        RequireBoth(stop, "stopping rows", 1);
        return new PurchaseDataSet(
            candidate,
            Strip(fit),
            Strip(stop),
            Strip(train),
            Strip(validation),
            SessionsOf(validation),
            validationStart
        );
    }

    private void AddRows(ProductSpan product, ReadOnlySpan<PurchaseEvent> events)
    {
        if (product.FirstTouch > 0)
        {
            Add(
                product.FirstTouch - 1,
                product,
                events,
                isTouch: true,
                isCart: product.FirstCart == product.FirstTouch
            );
        }

        if (product.FirstCart > 0 && product.FirstCart != product.FirstTouch)
        {
            Add(product.FirstCart - 1, product, events, isTouch: false, isCart: true);
        }
    }

    private void Add(int place, ProductSpan product, ReadOnlySpan<PurchaseEvent> events, bool isTouch, bool isCart)
    {
        bool isPurchased = product.LastPurchase > 0 && product.IsBoughtAfter(events[place].EventTime, place);
        SessionFeatures features = events[place].Features;
        features = features with
        {
            Brand = Intern(features.Brand),
            CategoryCodeLevel1 = Intern(features.CategoryCodeLevel1),
            CategoryCodeLevel2 = Intern(features.CategoryCodeLevel2),
        };
        _rows.Add(new Row(features, _sessions.Count, isPurchased, isTouch, isCart));
    }

    private string? Intern(string? text)
    {
        if (text is null)
        {
            return null;
        }

        ref string? known = ref CollectionsMarshal.GetValueRefOrAddDefault(_texts, text, out _);
        return known ??= text;
    }

    private List<Row> Closed()
    {
        if (_sessions.Count == 0)
        {
            throw new InsufficientDataException("There are no sessions to learn from.");
        }

        DateTime newest = _sessions.Max(session => session.End);
        bool isLong = newest - _sessions.Min(session => session.Start) >= TimeSpan.FromDays(1);
        return isLong ? _rows.FindAll(row => newest - _sessions[row.Session].End >= OpenSession) : [.. _rows];
    }

    private static PurchaseCandidate Choose(List<Row> rows)
    {
        int carts = rows.Count(row => row.IsFirstCart);
        int bought = rows.Count(row => row.IsFirstCart && row.IsPurchased);
        bool isEnough = carts >= MinCarts && bought >= MinOfAClass && carts - bought >= MinOfAClass;
        return isEnough ? PurchaseCandidate.FirstCart : PurchaseCandidate.FirstTouch;
    }

    /// <summary>The session start below which this share of the rows lies; rows are in the order of their sessions' starts.</summary>
    private DateTime StartAt(List<Row> rows, double share) =>
        _sessions[rows[Math.Min((int)(rows.Count * share), rows.Count - 1)].Session].Start;

    private int InTime(Row a, Row b)
    {
        int order = _sessions[a.Session].Start.CompareTo(_sessions[b.Session].Start);
        return order != 0 ? order : a.Session.CompareTo(b.Session);
    }

    private static void RequireBoth(List<Row> rows, string what, int minCount)
    {
        int bought = rows.Count(row => row.IsPurchased);
        if (bought < minCount || rows.Count - bought < minCount)
        {
            throw new InsufficientDataException(
                $"Of {rows.Count} {what}, {bought} were bought: at least {minCount} bought and {minCount} not bought are needed."
            );
        }
    }

    private static int[] SessionsOf(List<Row> rows)
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

    private static PurchaseRow[] Strip(List<Row> rows) =>
        [.. rows.Select(row => new PurchaseRow(row.Features, row.IsPurchased))];

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Row(
        SessionFeatures Features,
        int Session,
        bool IsPurchased,
        bool IsFirstTouch,
        bool IsFirstCart
    );

    /// <summary>Where a product stands in its session; places count from 1, 0 means never.</summary>
    [StructLayout(LayoutKind.Auto)]
    private struct ProductSpan
    {
        private bool _isTouchOver;
        private bool _isCartOver;
        private DateTime _purchaseTime;

        public int FirstTouch { get; private set; }

        public int FirstCart { get; private set; }

        public int LastPurchase { get; private set; }

        public void Take(int index, in PurchaseEvent e, bool late)
        {
            bool isCart = e.EventType == BehaviorEventType.Cart;
            if (!_isTouchOver)
            {
                _isTouchOver = true;
                FirstTouch = !late && (isCart || e.EventType == BehaviorEventType.View) ? index + 1 : 0;
            }

            if (isCart && !_isCartOver)
            {
                _isCartOver = true;
                FirstCart = late ? 0 : index + 1;
            }

            if (e.EventType == BehaviorEventType.Purchase && (LastPurchase == 0 || e.EventTime >= _purchaseTime))
            {
                (_purchaseTime, LastPurchase) = (e.EventTime, index + 1);
            }
        }

        public readonly bool IsBoughtAfter(DateTime time, int index) =>
            _purchaseTime > time || (_purchaseTime == time && LastPurchase > index + 1);
    }
}
