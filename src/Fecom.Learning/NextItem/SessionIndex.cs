namespace Fecom.Learning.NextItem;

/// <summary>
/// Which sessions hold a product, and how popular products are, over the oldest sessions of a log; or over those of another index and newer ones after them,
/// which takes as long as the newer ones are many. Never changes.
/// </summary>
/// <remarks>Memory: 4 bytes a session and product in it, and 40 a product, beside the log. An index that extends another one shares what that one holds of sessions.</remarks>
internal sealed class SessionIndex
{
    /// <summary>Share of all sessions after which a visit counts half in <see cref="Lately"/>.</summary>
    private const double LatelyShare = 0.1;

    /// <summary>The same in <see cref="VeryLately"/>.</summary>
    private const double VeryLatelyShare = 0.02;

    private readonly int[] _starts;
    private readonly int[] _sessions;
    private readonly int[] _repeats;
    private readonly int[] _follows;

    /// <summary>The index that this one extends; null when it stands alone.</summary>
    private readonly SessionIndex? _older;

    /// <summary>The number of the first session of the log.</summary>
    private readonly int _first;

    /// <param name="log">The sessions.</param>
    /// <param name="count">How many of them, from the oldest; from 1.</param>
    /// <param name="products">Products of the shop; those that no session holds are in no answer.</param>
    public SessionIndex(SessionLog log, int count, int products)
        : this(older: null, log, count, products)
    {
        ByPopularity = [.. Enumerable.Range(0, products).Where(p => Lately[p] > 0).OrderByDescending(p => Lately[p])];
    }

    private SessionIndex(SessionIndex? older, SessionLog log, int count, int products)
    {
        (_older, _first, Log, Products) = (older, older?.Sessions ?? 0, log, products);
        Sessions = _first + count;
        _starts = new int[products + 1];
        int[] newest = new int[products];
        for (int session = 0; session < count; session++)
        {
            foreach (int product in log[session])
            {
                if (newest[product] != session + 1)
                {
                    newest[product] = session + 1;
                    _starts[product + 1]++;
                }
            }
        }

        for (int product = 0; product < products; product++)
        {
            _starts[product + 1] += _starts[product];
        }

        _sessions = new int[_starts[products]];
        Fill(newest, count);
        Popularity = Grown(older?.Popularity);
        Lately = Grown(older?.Lately);
        VeryLately = Grown(older?.VeryLately);
        LastSession = Grown(older?.LastSession);
        _repeats = Grown(older?._repeats);
        _follows = Grown(older?._follows);
        Repeats = new float[products];
        FollowShare = new float[products];
        ByPopularity = older?.ByPopularity ?? [];
        Describe(count);
    }

    /// <summary>The sessions; of an index that extends another one the newer sessions alone.</summary>
    public SessionLog Log { get; }

    /// <summary>How many sessions the index holds.</summary>
    public int Sessions { get; }

    public int Products { get; }

    /// <summary>Visits of each product.</summary>
    public float[] Popularity { get; }

    /// <summary>Visits, half as much for each tenth of all sessions that lies between them and the newest; of all sessions of the index that is extended.</summary>
    public float[] Lately { get; }

    /// <summary>The same with a fiftieth.</summary>
    public float[] VeryLately { get; }

    /// <summary>Share of a product's visits that the same product followed at once.</summary>
    public float[] Repeats { get; }

    /// <summary>Share of a product's visits that came after another one in their session.</summary>
    public float[] FollowShare { get; }

    /// <summary>The newest session that holds a product; -1 when none does.</summary>
    public int[] LastSession { get; }

    /// <summary>Products by how much they were visited lately; as of the index that is extended.</summary>
    public int[] ByPopularity { get; }

    /// <summary>The same index with newer sessions after its own.</summary>
    /// <param name="newer">The sessions, the oldest first.</param>
    /// <param name="products">Products of the shop by now; the numbers of those that were known stay.</param>
    /// <exception cref="InvalidOperationException">This one extends another one itself.</exception>
    public SessionIndex With(SessionLog newer, int products) =>
        _older is null
            ? new SessionIndex(this, newer, newer.Count, products)
            : throw new InvalidOperationException("An index that extends another one is not extended again.");

    /// <summary>The sessions that hold a product, ascending; of an index that extends another one the newer sessions alone.</summary>
    public ReadOnlySpan<int> SessionsOf(int product) => _sessions.AsSpan(_starts[product].._starts[product + 1]);

    /// <summary>The sessions of the index that is extended that hold a product, ascending.</summary>
    public ReadOnlySpan<int> OlderSessionsOf(int product) =>
        _older is not null && product < _older.Products ? _older.SessionsOf(product) : [];

    /// <summary>The products of a session, in the order in which they were visited.</summary>
    public ReadOnlySpan<int> VisitsOf(int session) => session < _first ? _older!.Log[session] : Log[session - _first];

    /// <summary>Asks the memory for where a session begins, before <see cref="PrefetchVisits"/>.</summary>
    public void PrefetchStart(int session)
    {
        SessionLog log = _older?.Log ?? Log;
        log.PrefetchStart(Math.Min(session, log.Count));
    }

    /// <summary>Asks the memory for a session's products, before <see cref="VisitsOf"/>. Newer sessions than those of the index that is extended are few, and nothing is asked for.</summary>
    public void PrefetchVisits(int session)
    {
        SessionLog log = _older?.Log ?? Log;
        log.PrefetchVisits(Math.Min(session, log.Count));
    }

    /// <summary>Whether a session of the index holds a product.</summary>
    public bool Knows(int product) => (uint)product < (uint)Products && LastSession[product] >= 0;

    /// <summary>How many sessions hold a product.</summary>
    public int CountOf(int product) => _starts[product + 1] - _starts[product] + OlderSessionsOf(product).Length;

    /// <summary>How rare a product is: the logarithm of all sessions by its own.</summary>
    public double Rarity(int product) => Math.Log((Sessions + 1.0) / Math.Max(1, CountOf(product)));

    private void Fill(int[] newest, int count)
    {
        Array.Clear(newest);
        int[] next = _starts[..^1];
        for (int session = 0; session < count; session++)
        {
            foreach (int product in Log[session])
            {
                if (newest[product] != session + 1)
                {
                    newest[product] = session + 1;
                    _sessions[next[product]++] = _first + session;
                }
            }
        }
    }

    private T[] Grown<T>(T[]? older)
    {
        T[] grown = new T[Products];
        older?.CopyTo(grown, 0);
        return grown;
    }

    private void Describe(int count)
    {
        Array.Fill(LastSession, -1, _older?.Products ?? 0, Products - (_older?.Products ?? 0));
        double all = _older?.Sessions ?? Sessions;
        if (_older is not null)
        {
            Fade(Lately, count / (LatelyShare * all));
            Fade(VeryLately, count / (VeryLatelyShare * all));
        }

        for (int session = _first; session < Sessions; session++)
        {
            double age = Sessions - session;
            float lately = (float)Math.Pow(2, -age / (LatelyShare * all));
            float veryLately = (float)Math.Pow(2, -age / (VeryLatelyShare * all));
            ReadOnlySpan<int> visits = VisitsOf(session);
            for (int i = 0; i < visits.Length; i++)
            {
                int product = visits[i];
                Popularity[product]++;
                Lately[product] += lately;
                VeryLately[product] += veryLately;
                LastSession[product] = session;
                _follows[product] += i > 0 ? 1 : 0;
                _repeats[product] += i > 0 && visits[i - 1] == product ? 1 : 0;
            }
        }

        for (int product = 0; product < Products; product++)
        {
            Repeats[product] = _repeats[product] / Math.Max(1, Popularity[product]);
            FollowShare[product] = _follows[product] / Math.Max(1, Popularity[product]);
        }
    }

    private static void Fade(float[] weights, double halfLives)
    {
        float left = (float)Math.Pow(2, -halfLives);
        for (int product = 0; product < weights.Length; product++)
        {
            weights[product] *= left;
        }
    }
}
