namespace Fecom.Learning.NextItem;

/// <summary>Recommends what comes next in a session, by the products' ids. Answers from any number of threads at once.</summary>
public sealed class SessionRecommender
{
    private readonly Dictionary<string, int> _numbers;
    private readonly List<string> _ids;
    private readonly SessionRanker _ranker;

    private SessionRecommender(Dictionary<string, int> numbers, List<string> ids, SessionRanker ranker) =>
        (_numbers, _ids, _ranker) = (numbers, ids, ranker);

    internal SessionRanker Ranker => _ranker;

    /// <summary>Trains on sessions.</summary>
    /// <param name="sessions">Ids of each session's products in the order in which they were visited; the oldest session first, at least one.</param>
    /// <param name="options">How to train.</param>
    /// <param name="progress">Hears what comes next and the share that is done by then, 0 to 1; may be null.</param>
    /// <param name="cancellationToken">Ends the training.</param>
    public static SessionRecommender Train(
        IEnumerable<IReadOnlyList<string>> sessions,
        RankerOptions options,
        Action<string, double>? progress,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        List<string> ids = [];
        SessionLog log = new();
        foreach (IReadOnlyList<string> session in sessions)
        {
            int[] products = new int[session.Count];
            for (int i = 0; i < products.Length; i++)
            {
                if (!numbers.TryGetValue(session[i], out products[i]))
                {
                    products[i] = ids.Count;
                    numbers.Add(session[i], ids.Count);
                    ids.Add(session[i]);
                }
            }

            log.Add(products);
        }

        TrainedRanker trained = new SessionRankerTrainer(options, progress, cancellationToken).Train(log, ids.Count);
        return new SessionRecommender(numbers, ids, trained.Ranker);
    }

    /// <summary>What comes next.</summary>
    /// <param name="session">Ids of the session's products, the newest last; unknown ones say nothing, and an empty session gets what is popular lately.</param>
    /// <param name="count">How many, from 1.</param>
    /// <returns>Ids, the best first; fewer than asked for when the shop has no more products.</returns>
    public IReadOnlyList<string> Recommend(IReadOnlyList<string> session, int count)
    {
        int[] products = new int[count];
        int found = _ranker.Rank(NumbersOf(session), products, new float[count]);
        return [.. products.Take(found).Select(IdOf)];
    }

    /// <summary>The id of a product.</summary>
    internal string IdOf(int product) => _ids[product];

    /// <summary>The number of a product; -1 when it is not known.</summary>
    internal int NumberOf(string id) => _numbers.GetValueOrDefault(id, -1);

    /// <summary>The numbers of a session's products; -1 for each that is not known.</summary>
    internal int[] NumbersOf(IReadOnlyList<string> session) => [.. session.Select(NumberOf)];
}
