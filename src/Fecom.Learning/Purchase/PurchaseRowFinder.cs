using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Learning.Purchase;

/// <summary>The first pass over the events: finds the rows to learn from and their labels. Their features come by a second pass, see <see cref="PurchaseRows"/>.</summary>
/// <remarks>
/// Events come in the order in which they became known. A row is the first event of a product in a session that put it into the cart or,
/// for shops that have hardly any, that touched it. An event that arrived late (older than one of its session before it) makes no row. A
/// session whose last event lies less than <see cref="OpenSession"/> before the newest of all may still go on, and its rows are left out
/// when the data span a day or more; likewise rows whose horizon is not over. Memory is about 300 bytes a product and session.
/// </remarks>
/// <param name="horizon">
/// Null: bought means bought later in the same session. Otherwise: bought by the same visitor within this time, in any session.
/// </param>
public sealed class PurchaseRowFinder(TimeSpan? horizon = null)
{
    /// <summary>First carts are the candidates when there are at least so many rows of them, and <see cref="MinOfAClass"/> of each class.</summary>
    public const int MinCarts = 500;

    /// <summary>The fewest bought, and the fewest not bought, that there must be.</summary>
    public const int MinOfAClass = 30;

    /// <summary>The most rows that are learned from: the newest.</summary>
    public const int MaxRows = 1_000_000;

    /// <summary>A session with an event so recent may still go on.</summary>
    public static readonly TimeSpan OpenSession = TimeSpan.FromMinutes(30);

    private readonly List<Row> _rows = [];
    private readonly List<Visit> _visits = [];
    private readonly Dictionary<string, int> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _products = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Session, int Product), Place> _places = [];
    private readonly Dictionary<(int User, int Product), List<int>> _waiting = [];

    /// <summary>Sessions taken in so far.</summary>
    public int Sessions => _visits.Count;

    /// <summary>Takes the next event in.</summary>
    public void Take(BehaviorEvent e)
    {
        int session = Number(_sessions, e.UserSession);
        if (session == _visits.Count)
        {
            _visits.Add(new Visit(e.UserSession, e.EventTime));
        }

        Visit visit = _visits[session];
        bool isLate = e.EventTime < visit.End;
        visit.Start = e.EventTime < visit.Start ? e.EventTime : visit.Start;
        visit.End = isLate ? visit.End : e.EventTime;
        int product = Number(_products, e.ProductId);
        ref Place place = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, (session, product), out bool isKnown);
        bool isCart = e.EventType == BehaviorEventType.Cart;
        bool isTouch = !isKnown && (isCart || e.EventType == BehaviorEventType.View);
        bool isFirstCart = isCart && !place.IsCarted;
        place.IsCarted |= isCart;
        if (e.EventType == BehaviorEventType.Purchase)
        {
            Label(e, place, product);
        }
        else if (!isLate && (isTouch || isFirstCart))
        {
            int user = Number(_users, e.UserId);
            int row = _rows.Count;
            _rows.Add(
                new Row
                {
                    Keys = new EntityKeys(e.UserId, visit.Id, e.ProductId),
                    At = HistoricalFeatures.KnownAt(e),
                    Event = e.EventId,
                    EventTime = e.EventTime,
                    Session = session,
                    IsTouch = isTouch,
                    IsCart = isFirstCart,
                }
            );
            (place.Touch, place.Cart) = (isTouch ? row + 1 : place.Touch, isFirstCart ? row + 1 : place.Cart);
            if (horizon is not null)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_waiting, (user, product), out _) ??= [];
                _waiting[(user, product)].Add(row);
            }
        }
    }

    /// <summary>The rows, without their features.</summary>
    /// <param name="zone">The shop's time zone.</param>
    /// <exception cref="InsufficientDataException">There are fewer than <see cref="MinOfAClass"/> of a class.</exception>
    public PurchaseRows Find(TimeZoneInfo zone)
    {
        List<Row> rows = Closed();
        PurchaseCandidate candidate = Choose(rows);
        rows.RemoveAll(row => candidate == PurchaseCandidate.FirstCart ? !row.IsCart : !row.IsTouch);
        int bought = rows.Count(row => row.IsPurchased);
        if (bought < MinOfAClass || rows.Count - bought < MinOfAClass)
        {
            throw new InsufficientDataException(
                $"Of {rows.Count} rows, {bought} were bought: at least {MinOfAClass} bought and {MinOfAClass} not bought are needed."
            );
        }

        HashSet<int> begun = [];
        foreach (Row row in rows)
        {
            row.IsFirst = begun.Add(row.Session);
        }

        rows = rows[^Math.Min(rows.Count, MaxRows)..];
        return new PurchaseRows(candidate, rows, _visits, zone, horizon);
    }

    private static int Number(Dictionary<string, int> numbers, string id)
    {
        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, id, out bool isKnown);
        return isKnown ? number : number = numbers.Count - 1;
    }

    private void Label(BehaviorEvent e, in Place place, int product)
    {
        IEnumerable<int> rows = horizon is null
            ? [place.Touch - 1, place.Cart - 1]
            : _waiting.GetValueOrDefault((Number(_users, e.UserId), product), []);
        foreach (Row row in rows.Where(row => row >= 0).Select(row => _rows[row]))
        {
            // A purchase that arrived late and happened before the row is none of its later ones.
            if (e.EventTime >= row.EventTime && (horizon is null || e.EventTime - row.EventTime <= horizon))
            {
                row.IsPurchased = true;
            }
        }
    }

    private List<Row> Closed()
    {
        if (_visits.Count == 0)
        {
            throw new InsufficientDataException("There are no sessions to learn from.");
        }

        DateTime newest = _visits.Max(visit => visit.End);
        bool isLong = newest - _visits.Min(visit => visit.Start) >= TimeSpan.FromDays(1);
        return isLong
            ? _rows.FindAll(row =>
                newest - _visits[row.Session].End >= OpenSession
                && (horizon is null || newest - row.EventTime >= horizon)
            )
            : [.. _rows];
    }

    private static PurchaseCandidate Choose(List<Row> rows)
    {
        int carts = rows.Count(row => row.IsCart);
        int bought = rows.Count(row => row.IsCart && row.IsPurchased);
        bool isEnough = carts >= MinCarts && bought >= MinOfAClass && carts - bought >= MinOfAClass;
        return isEnough ? PurchaseCandidate.FirstCart : PurchaseCandidate.FirstTouch;
    }

    /// <summary>A row before it has features.</summary>
    internal sealed class Row
    {
        public required EntityKeys Keys { get; init; }

        public required DateTime At { get; init; }

        public required Guid Event { get; init; }

        public required DateTime EventTime { get; init; }

        public required int Session { get; init; }

        public required bool IsTouch { get; init; }

        public required bool IsCart { get; init; }

        public bool IsPurchased { get; set; }

        public bool IsFirst { get; set; }

        public PurchaseFeatures Features { get; set; }
    }

    /// <summary>A session: when it began and ended.</summary>
    internal sealed class Visit(string id, DateTime start)
    {
        public string Id => id;

        public DateTime Start { get; set; } = start;

        public DateTime End { get; set; } = start;
    }

    /// <summary>A product's rows in a session, counted from 1; 0 is none.</summary>
    [StructLayout(LayoutKind.Auto)]
    private struct Place
    {
        public int Touch;
        public int Cart;
        public bool IsCarted;
    }
}
