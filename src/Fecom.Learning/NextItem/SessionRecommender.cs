using System.Runtime.InteropServices;
using Fecom.Learning.Artifacts;
using Fecom.Learning.Boosting;
using Fecom.Learning.Recommend;

namespace Fecom.Learning.NextItem;

/// <summary>Recommends what comes next in a session, by the products' ids. Answers from any number of threads at once.</summary>
public sealed class SessionRecommender
{
    /// <summary>The kind in an artifact.</summary>
    public const string Kind = "next_item";

    /// <summary>The version of artifacts that are read and written.</summary>
    public const int Format = 1;

    private readonly Dictionary<string, int> _numbers;
    private readonly List<string> _ids;
    private readonly TrainedRanker _trained;

    /// <summary>Products that came with <see cref="With"/>: their numbers follow those of the others.</summary>
    private readonly Dictionary<string, int> _newNumbers = new(StringComparer.Ordinal);
    private readonly List<string> _newIds = [];

    private SessionRecommender(Dictionary<string, int> numbers, List<string> ids, TrainedRanker trained) =>
        (_numbers, _ids, _trained) = (numbers, ids, trained);

    private SessionRecommender(SessionRecommender numbered, SessionRanker ranker)
        : this(numbered._numbers, numbered._ids, numbered._trained with { Ranker = ranker }) =>
        (_newNumbers, _newIds) = (numbered._newNumbers, numbered._newIds);

    /// <summary>Whether there were enough questions to grow trees; without them the sources' own order counts.</summary>
    public bool HasTrees => _trained.Trees is not null;

    internal SessionRanker Ranker => _trained.Ranker;

    /// <summary>Trains on sessions.</summary>
    /// <param name="sessions">Ids of each session's products in the order in which they were visited; the oldest session first, at least one.</param>
    /// <param name="options">How to train.</param>
    /// <param name="progress">Hears what comes next and the share that is done by then, 0 to 1; may be null.</param>
    /// <param name="cancellationToken">Ends the training.</param>
    /// <param name="pastOf">
    /// What the visitor of a session, by its place in <paramref name="sessions"/>, dealt with before it, the newest first; asked from several
    /// threads, of the newest sessions alone. Null where visitors are not known.
    /// </param>
    public static SessionRecommender Train(
        IEnumerable<IReadOnlyList<string>> sessions,
        RankerOptions options,
        Action<string, double>? progress,
        CancellationToken cancellationToken,
        Func<int, IReadOnlyList<PastProduct>>? pastOf = null
    )
    {
        SessionLog log = Number(sessions, out Dictionary<string, int> numbers, out List<string> ids);
        SessionRankerTrainer trainer = new(options, progress, cancellationToken);
        TrainedRanker trained = trainer.Train(
            log,
            ids.Count,
            pastOf is null ? null : session => NumbersOf(pastOf(session), id => numbers.GetValueOrDefault(id, -1))
        );
        return new SessionRecommender(numbers, ids, trained);
    }

    /// <summary>Reads a recommender from an artifact, and indexes its sessions.</summary>
    /// <exception cref="InvalidDataException">The bytes are not such an artifact, or its parts do not fit together.</exception>
    public static SessionRecommender Load(ReadOnlyMemory<byte> artifact)
    {
        (NeighbourOptions neighbours, ReadOnlyMemory<byte>[] parts) = ModelArtifact.Read<NeighbourOptions>(
            artifact,
            Kind,
            Format
        );
        if (parts.Length != 5)
        {
            throw new InvalidDataException($"The session recommender has {parts.Length} parts, not 5.");
        }

        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        List<string> ids = ReadIds(parts[0].Span, numbers);
        SessionLog log = ReadLog(
            MemoryMarshal.Cast<byte, int>(parts[1].Span),
            MemoryMarshal.Cast<byte, int>(parts[2].Span),
            ids.Count
        );
        ColumnScorer trees = new(
            MemoryMarshal.Cast<byte, ColumnScorer.Split>(parts[3].Span).ToArray(),
            MemoryMarshal.Cast<byte, double>(parts[4].Span).ToArray()
        );
        if (trees.Features > CandidateRows.Width)
        {
            throw new InvalidDataException("The ranker's trees ask for a feature that is not there.");
        }

        SessionRankerTrainer trainer = new(new RankerOptions(), progress: null, CancellationToken.None);
        SessionRanker ranker = trainer.Serve(log, ids.Count, neighbours, trees);
        return new SessionRecommender(numbers, ids, new TrainedRanker(neighbours, trees, ranker));
    }

    /// <summary>The recommender as one artifact: its sessions and its trees, of which all else is made again.</summary>
    /// <exception cref="InvalidOperationException">There are no trees, or it came of <see cref="With"/>.</exception>
    public byte[] Save()
    {
        if (Ranker.Index.Sessions != Ranker.Index.Log.Count)
        {
            throw new InvalidOperationException("A recommender with newer sessions after its own is not kept.");
        }

        ColumnScorer trees =
            _trained.Trees ?? throw new InvalidOperationException("A session recommender without trees is not kept.");
        ArtifactWriter ids = new();
        ids.Write(_ids.Count);
        _ids.ForEach(ids.Write);
        SessionLog log = Ranker.Index.Log;
        return ModelArtifact.Write(
            Kind,
            Format,
            _trained.Neighbours,
            ("products", ids.ToArray()),
            ("starts", MemoryMarshal.AsBytes(log.Starts).ToArray()),
            ("visits", MemoryMarshal.AsBytes(log.AllVisits).ToArray()),
            ("splits", MemoryMarshal.AsBytes(trees.Splits).ToArray()),
            ("leaves", MemoryMarshal.AsBytes(trees.Leaves).ToArray())
        );
    }

    /// <summary>The same weights and trees over other sessions.</summary>
    /// <param name="sessions">Ids of each session's products in the order in which they were visited; the oldest session first, at least one.</param>
    /// <param name="threads">Threads, from 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public SessionRecommender Over(
        IEnumerable<IReadOnlyList<string>> sessions,
        int threads,
        CancellationToken cancellationToken
    )
    {
        SessionLog log = Number(sessions, out Dictionary<string, int> numbers, out List<string> ids);
        SessionRankerTrainer trainer = new(new RankerOptions { Threads = threads }, progress: null, cancellationToken);
        SessionRanker ranker = trainer.Serve(log, ids.Count, _trained.Neighbours, _trained.Trees);
        return new SessionRecommender(numbers, ids, _trained with { Ranker = ranker });
    }

    /// <summary>The same recommender with newer sessions after its own: quick, whatever it holds. Neighbours are those of an index of all; transitions stay those of its own sessions.</summary>
    /// <param name="newer">Ids of each session's products in the order in which they were visited; the oldest session first.</param>
    public SessionRecommender With(IReadOnlyList<IReadOnlyList<string>> newer)
    {
        SessionRecommender grown = new(_numbers, _ids, _trained);
        SessionLog log = new();
        foreach (IReadOnlyList<string> session in newer)
        {
            int[] products = new int[session.Count];
            for (int i = 0; i < products.Length; i++)
            {
                products[i] = grown.NumberAnew(session[i]);
            }

            log.Add(products);
        }

        SessionIndex index = Ranker.Index.With(log, _ids.Count + grown._newIds.Count);
        return new SessionRecommender(grown, Ranker.Over(index));
    }

    /// <summary>How many sessions it goes by.</summary>
    public int SessionCount => Ranker.Index.Sessions;

    /// <summary>Ids of the products of each session, the oldest first.</summary>
    internal IEnumerable<IReadOnlyList<string>> Sessions =>
        Enumerable
            .Range(0, Ranker.Index.Sessions)
            .Select(session => Array.ConvertAll(Ranker.Index.VisitsOf(session).ToArray(), IdOf));

    /// <summary>What comes next.</summary>
    /// <param name="session">Ids of the session's products, the newest last; unknown ones say nothing, and an empty session gets what is popular lately.</param>
    /// <param name="count">How many, from 1.</param>
    /// <returns>Ids, the best first; fewer than asked for when the shop has no more products.</returns>
    public IReadOnlyList<string> Recommend(IReadOnlyList<string> session, int count)
    {
        int[] products = new int[count];
        int found = Ranker.Rank(NumbersOf(session), [], products, new float[count]);
        return [.. products.Take(found).Select(IdOf)];
    }

    /// <summary>Whether a session of the index holds a product.</summary>
    internal bool Knows(string id) => Ranker.Index.Knows(NumberOf(id));

    /// <summary>The candidates that a source names, the best first, with the ranker's scores.</summary>
    /// <param name="session">Ids of the session's products, the newest last.</param>
    /// <param name="past">What the visitor dealt with on earlier visits, the newest first.</param>
    internal IEnumerable<(string Product, float Score)> Candidates(
        IReadOnlyList<string> session,
        IReadOnlyList<PastProduct> past
    )
    {
        int[] products = new int[CandidateGenerator.Max];
        float[] scores = new float[CandidateGenerator.Max];
        int count = Ranker.RankNamed(NumbersOf(session), NumbersOf(past), products, scores);
        return Enumerable.Range(0, count).Select(i => (IdOf(products[i]), scores[i]));
    }

    /// <summary>The features of each candidate and what they count in its score, by the product's id.</summary>
    internal Dictionary<string, IReadOnlyList<FeatureInfluence>> Explain(
        IReadOnlyList<string> session,
        IReadOnlyList<PastProduct> past
    ) =>
        Ranker
            .Explain(NumbersOf(session), NumbersOf(past))
            .ToDictionary(
                candidate => IdOf(candidate.Product),
                candidate => candidate.Influences,
                StringComparer.Ordinal
            );

    /// <summary>The id of a product.</summary>
    internal string IdOf(int product) => product < _ids.Count ? _ids[product] : _newIds[product - _ids.Count];

    /// <summary>The number of a product; -1 when it is not known.</summary>
    internal int NumberOf(string id) =>
        _numbers.TryGetValue(id, out int number) || _newNumbers.TryGetValue(id, out number) ? number : -1;

    /// <summary>The numbers of a session's products; -1 for each that is not known.</summary>
    internal int[] NumbersOf(IReadOnlyList<string> session) => [.. session.Select(NumberOf)];

    /// <summary>The numbers of what a visitor dealt with; -1 for each product that is not known.</summary>
    internal PastVisit[] NumbersOf(IReadOnlyList<PastProduct> past) => NumbersOf(past, NumberOf);

    private static PastVisit[] NumbersOf(IReadOnlyList<PastProduct> past, Func<string, int> numberOf)
    {
        PastVisit[] numbers = past.Count == 0 ? [] : new PastVisit[past.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = new PastVisit(numberOf(past[i].ProductId), past[i].Type, past[i].Visits);
        }

        return numbers;
    }

    private int NumberAnew(string id)
    {
        int number = NumberOf(id);
        if (number < 0)
        {
            number = _ids.Count + _newIds.Count;
            _newNumbers.Add(id, number);
            _newIds.Add(id);
        }

        return number;
    }

    private static SessionLog Number(
        IEnumerable<IReadOnlyList<string>> sessions,
        out Dictionary<string, int> numbers,
        out List<string> ids
    )
    {
        (numbers, ids) = (new Dictionary<string, int>(StringComparer.Ordinal), []);
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

        return log;
    }

    private static List<string> ReadIds(ReadOnlySpan<byte> bytes, Dictionary<string, int> numbers)
    {
        ArtifactReader reader = new(bytes);
        List<string> ids = [];
        for (int count = reader.ReadCount(); ids.Count < count; )
        {
            if (reader.ReadText() is not { } id || !numbers.TryAdd(id, ids.Count))
            {
                throw new InvalidDataException($"Product {ids.Count} has no id, or one that was there before.");
            }

            ids.Add(id);
        }

        return ids;
    }

    private static SessionLog ReadLog(ReadOnlySpan<int> starts, ReadOnlySpan<int> visits, int products)
    {
        bool fits =
            starts.Length > 1
            && starts[0] == 0
            && starts[^1] == visits.Length
            && products > 0
            && !visits.ContainsAnyExceptInRange(0, products - 1);
        SessionLog log = new();
        for (int session = 0; fits && session + 1 < starts.Length; session++)
        {
            fits = starts[session] <= starts[session + 1] && starts[session + 1] <= visits.Length;
            log.Add(fits ? visits[starts[session]..starts[session + 1]] : []);
        }

        return fits ? log : throw new InvalidDataException("The session recommender's parts do not fit together.");
    }
}
