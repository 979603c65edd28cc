namespace Fecom.Learning.NextItem;

/// <summary>Which sessions hold a product, and how popular products are, over the oldest sessions of a log. Never changes.</summary>
/// <remarks>Memory: 4 bytes a session and product in it, and 32 a product, beside the log.</remarks>
internal sealed class SessionIndex
{
    private readonly int[] _starts;
    private readonly int[] _sessions;

    /// <param name="log">The sessions.</param>
    /// <param name="count">How many of them, from the oldest; from 1.</param>
    /// <param name="products">Products of the shop; those that no session holds are in no answer.</param>
    public SessionIndex(SessionLog log, int count, int products)
    {
        (Log, Sessions, Products) = (log, count, products);
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
        Fill(newest);
        Popularity = new float[products];
        Lately = new float[products];
        VeryLately = new float[products];
        Repeats = new float[products];
        FollowShare = new float[products];
        LastSession = new int[products];
        Describe();
        ByPopularity = [.. Enumerable.Range(0, products).Where(p => Lately[p] > 0).OrderByDescending(p => Lately[p])];
    }

    public SessionLog Log { get; }

    /// <summary>How many sessions the index holds.</summary>
    public int Sessions { get; }

    public int Products { get; }

    /// <summary>Visits of each product.</summary>
    public float[] Popularity { get; }

    /// <summary>Visits, half as much for each tenth of all sessions that lies between them and the newest.</summary>
    public float[] Lately { get; }

    /// <summary>The same with a fiftieth.</summary>
    public float[] VeryLately { get; }

    /// <summary>Share of a product's visits that the same product followed at once.</summary>
    public float[] Repeats { get; }

    /// <summary>Share of a product's visits that came after another one in their session.</summary>
    public float[] FollowShare { get; }

    /// <summary>The newest session that holds a product; -1 when none does.</summary>
    public int[] LastSession { get; }

    /// <summary>Products by how much they were visited lately.</summary>
    public int[] ByPopularity { get; }

    /// <summary>The sessions that hold a product, ascending.</summary>
    public ReadOnlySpan<int> SessionsOf(int product) => _sessions.AsSpan(_starts[product].._starts[product + 1]);

    /// <summary>Whether a session of the index holds a product.</summary>
    public bool Knows(int product) => (uint)product < (uint)Products && LastSession[product] >= 0;

    /// <summary>How many sessions hold a product.</summary>
    public int CountOf(int product) => _starts[product + 1] - _starts[product];

    /// <summary>How rare a product is: the logarithm of all sessions by its own.</summary>
    public double Rarity(int product) => Math.Log((Sessions + 1.0) / Math.Max(1, CountOf(product)));

    private void Fill(int[] newest)
    {
        Array.Clear(newest);
        int[] next = _starts[..^1];
        for (int session = 0; session < Sessions; session++)
        {
            foreach (int product in Log[session])
            {
                if (newest[product] != session + 1)
                {
                    newest[product] = session + 1;
                    _sessions[next[product]++] = session;
                }
            }
        }
    }

    private void Describe()
    {
        Array.Fill(LastSession, -1);
        for (int session = 0; session < Sessions; session++)
        {
            double age = Sessions - session;
            float lately = (float)Math.Pow(2, -age / (0.1 * Sessions));
            float veryLately = (float)Math.Pow(2, -age / (0.02 * Sessions));
            ReadOnlySpan<int> visits = Log[session];
            for (int i = 0; i < visits.Length; i++)
            {
                int product = visits[i];
                Popularity[product]++;
                Lately[product] += lately;
                VeryLately[product] += veryLately;
                LastSession[product] = session;
                FollowShare[product] += i > 0 ? 1 : 0;
                Repeats[product] += i > 0 && visits[i - 1] == product ? 1 : 0;
            }
        }

        for (int product = 0; product < Products; product++)
        {
            Repeats[product] /= Math.Max(1, Popularity[product]);
            FollowShare[product] /= Math.Max(1, Popularity[product]);
        }
    }
}
