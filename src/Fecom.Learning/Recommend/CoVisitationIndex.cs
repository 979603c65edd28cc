using System.Runtime.InteropServices;
using Fecom.Learning.Artifacts;
using Fecom.Learning.Views;

namespace Fecom.Learning.Recommend;

/// <summary>For each product those that are visited with it. Never changes; answers from any number of threads at once.</summary>
public sealed class CoVisitationIndex
{
    /// <summary>The kind in an artifact.</summary>
    public const string Kind = "co_visitation";

    /// <summary>2 since texts have their lengths before them.</summary>
    /// <summary>The version of artifacts that are read and written.</summary>
    public const int Format = 2;

    private readonly CoVisitationOptions _options;
    private readonly ProductTable _products;
    private readonly float[] _popularity;
    private readonly int[] _byPopularity;
    private readonly Dictionary<string, int[]> _byCategory;
    private readonly int[] _starts;
    private readonly int[] _neighbours;
    private readonly float[] _scores;

    internal CoVisitationIndex(
        CoVisitationOptions options,
        ProductTable products,
        float[] popularity,
        int[] starts,
        int[] neighbours,
        float[] scores
    )
    {
        _options = options;
        _products = products;
        _popularity = popularity;
        _starts = starts;
        _neighbours = neighbours;
        _scores = scores;
        _byPopularity =
        [
            .. Enumerable
                .Range(0, products.Count)
                .Where(product => popularity[product] > 0)
                .OrderByDescending(product => popularity[product]),
        ];
        _byCategory = _byPopularity
            .Where(product => KeyOf(products.CategoryOf(product)) is not null)
            .GroupBy(product => KeyOf(products.CategoryOf(product))!, StringComparer.Ordinal)
            .ToDictionary(category => category.Key, category => category.ToArray(), StringComparer.Ordinal);
    }

    /// <summary>Products in the index.</summary>
    public int Products => _products.Count;

    /// <summary>Pairs in the index.</summary>
    public int Pairs => _neighbours.Length;

    /// <summary>Reads an index from an artifact.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a recommender's artifact, or its parts do not fit together.</exception>
    public static CoVisitationIndex Load(ReadOnlyMemory<byte> artifact)
    {
        (CoVisitationOptions options, ReadOnlyMemory<byte>[] parts) = ModelArtifact.Read<CoVisitationOptions>(
            artifact,
            Kind,
            Format
        );
        if (parts.Length != 5)
        {
            throw new InvalidDataException($"The recommender has {parts.Length} parts, not 5.");
        }

        CoVisitationIndex index = new(
            options,
            ProductTable.FromBytes(parts[0].Span),
            Cast<float>(parts[1]),
            Cast<int>(parts[2]),
            Cast<int>(parts[3]),
            Cast<float>(parts[4])
        );
        index.RequireFit();
        return index;
    }

    /// <summary>The index as one artifact.</summary>
    public byte[] Save() =>
        ModelArtifact.Write(
            Kind,
            Format,
            _options,
            ("products", _products.ToBytes()),
            ("popularity", MemoryMarshal.AsBytes(_popularity.AsSpan()).ToArray()),
            ("starts", MemoryMarshal.AsBytes(_starts.AsSpan()).ToArray()),
            ("neighbours", MemoryMarshal.AsBytes(_neighbours.AsSpan()).ToArray()),
            ("scores", MemoryMarshal.AsBytes(_scores.AsSpan()).ToArray())
        );

    /// <summary>What to show a session.</summary>
    /// <param name="recent">Its last products, the newest last, as by <see cref="SessionState.Recent"/>.</param>
    /// <param name="query">How many, and which not.</param>
    /// <returns>Best first, each product once; fewer than asked for when there are no more.</returns>
    public IReadOnlyList<Recommendation> Recommend(ReadOnlySpan<RecentProduct> recent, RecommendationQuery query)
    {
        using ScoreBoard board = new(Math.Max(1, recent.Length) * _options.Neighbours);
        double recency = 1;
        for (int i = recent.Length - 1; i >= 0; i--)
        {
            int product = _products.Find(recent[i].ProductId);
            if (product >= 0)
            {
                AddNeighbours(board, product, (float)(recency * _options.WeightOf(recent[i].Type)), i);
            }

            recency *= _options.RecencyDecay;
        }

        List<Recommendation> answer = Take(board, recent, query);
        if (query.FillUp)
        {
            FillUp(answer, query);
        }

        return answer;
    }

    /// <summary>Products that are visited with one product; empty when the index does not know it and <see cref="RecommendationQuery.FillUp"/> is off.</summary>
    /// <param name="productId">The product; never in the answer itself.</param>
    /// <param name="query">How many, and which not.</param>
    public IReadOnlyList<Recommendation> Similar(string productId, RecommendationQuery query)
    {
        HashSet<string> exclude = [.. query.Exclude, productId];
        RecentProduct product = new(productId, Contracts.BehaviorEventType.View);
        return Recommend([product], query with { Exclude = exclude });
    }

    /// <summary>Where a product belongs; nowhere when the index does not know it.</summary>
    public Category CategoryOf(string productId) =>
        _products.Find(productId) is >= 0 and int product ? _products.CategoryOf(product) : default;

    /// <summary>Visits of a product, weighed by what was done and when; 0 when the index does not know it.</summary>
    public double PopularityOf(string productId) =>
        _products.Find(productId) is >= 0 and int product ? _popularity[product] : 0;

    /// <summary>Whether the index has seen a product.</summary>
    public bool Knows(string productId) => _products.Find(productId) >= 0;

    /// <summary>Products of the same category as one product, the most popular first; scores are shares of the category's best.</summary>
    /// <param name="productId">The product; never in the answer itself.</param>
    /// <param name="known">Where it belongs as far as the caller knows; counts where the index does not know the product.</param>
    /// <param name="query">How many, and which not.</param>
    public IReadOnlyList<Recommendation> SameCategory(string productId, Category known, RecommendationQuery query)
    {
        int number = _products.Find(productId);
        Category category = number < 0 ? known : _products.CategoryOf(number);
        if (KeyOf(category) is not { } key || !_byCategory.TryGetValue(key, out int[]? products))
        {
            return [];
        }

        List<Recommendation> answer = new(Math.Min(query.Count, products.Length));
        for (int i = 0; i < products.Length && answer.Count < query.Count; i++)
        {
            string id = _products.IdOf(products[i]);
            if (products[i] != number && query.Takes(id, _products.CategoryOf(products[i])))
            {
                float share = _popularity[products[i]] / _popularity[products[0]];
                answer.Add(new(id, share, RecommendationSource.Category, productId));
            }
        }

        return answer;
    }

    /// <summary>The most exact that is known of a category.</summary>
    private static string? KeyOf(Category category) => category.Id ?? category.Path;

    private void AddNeighbours(ScoreBoard board, int product, float weight, int speaker)
    {
        for (int i = _starts[product]; i < _starts[product + 1]; i++)
        {
            board.Add(_neighbours[i], _scores[i] * weight, speaker);
        }
    }

    private List<Recommendation> Take(ScoreBoard board, ReadOnlySpan<RecentProduct> recent, RecommendationQuery query)
    {
        List<Recommendation> answer = new(query.Count);
        board.Rank();
        for (int rank = 0; rank < board.Count && answer.Count < query.Count; rank++)
        {
            (int product, float score, int speaker) = board.At(rank);
            string id = _products.IdOf(product);
            if (score > 0 && query.Takes(id, _products.CategoryOf(product)))
            {
                answer.Add(new(id, score, RecommendationSource.CoVisitation, recent[speaker].ProductId));
            }
        }

        return answer;
    }

    private void FillUp(List<Recommendation> answer, RecommendationQuery query)
    {
        int close = answer.Count;
        for (int i = 0; i < _byPopularity.Length && answer.Count < query.Count; i++)
        {
            int product = _byPopularity[i];
            string id = _products.IdOf(product);
            if (query.Takes(id, _products.CategoryOf(product)) && !IsIn(answer, close, id))
            {
                answer.Add(
                    new(id, _popularity[product] / _popularity[_byPopularity[0]], RecommendationSource.Popularity)
                );
            }
        }
    }

    private static bool IsIn(List<Recommendation> answer, int count, string productId)
    {
        for (int i = 0; i < count; i++)
        {
            if (answer[i].ProductId == productId)
            {
                return true;
            }
        }

        return false;
    }

    private void RequireFit()
    {
        bool fits =
            _popularity.Length == _products.Count
            && _starts.Length == _products.Count + 1
            && _starts[0] == 0
            && _starts[^1] == _neighbours.Length
            && _scores.Length == _neighbours.Length
            && !_neighbours.AsSpan().ContainsAnyExceptInRange(0, Math.Max(0, _products.Count - 1));
        for (int i = 1; fits && i < _starts.Length; i++)
        {
            fits = _starts[i] >= _starts[i - 1];
        }

        if (!fits)
        {
            throw new InvalidDataException("The recommender's parts do not fit together.");
        }
    }

    private static T[] Cast<T>(ReadOnlyMemory<byte> bytes)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes.Span).ToArray();
}
