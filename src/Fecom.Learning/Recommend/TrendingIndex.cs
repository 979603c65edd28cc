using Fecom.Contracts;

namespace Fecom.Learning.Recommend;

/// <summary>What is visited most lately: a popularity that halves with every half-life of event time. Readers never wait for the writer.</summary>
/// <remarks>
/// Forward decay (Cormode, Shkapenyuk, Srivastava and Xu, 2009): an event adds a weight that grows with its time, so older
/// ones fade without being touched, and a late event counts as little as if it had come in time. Bounded: when there are twice as many
/// products as kept, the lightest half goes.
/// </remarks>
/// <param name="halfLife">Time in which a visit loses half its weight; six hours keeps a day's rhythm and forgets yesterday's sale.</param>
/// <param name="capacity">Products kept, from 1.</param>
/// <param name="weights">Weights by event type.</param>
public sealed class TrendingIndex(TimeSpan halfLife, int capacity, CoVisitationOptions weights)
{
    /// <summary>Beyond so many half-lives after the origin the weights are scaled back, long before a double overflows.</summary>
    private const double MaxExponentLength = 500;

    /// <summary>
    /// Share of the best weight below which a product is not trending: ten half-lives without a visit beside one visit now. What
    /// is left of older visits by then is no order, only rounding.
    /// </summary>
    public const double MinShare = 0.001;

    private readonly Dictionary<string, Entry> _products = new(StringComparer.Ordinal);

    /// <summary>Kept from one ranking to the next: a list of all products each second would be a megabyte of garbage that only a full collection takes.</summary>
    private readonly List<KeyValuePair<string, Entry>> _order = [];
    private readonly Lock _turn = new();
    private volatile Ranking _ranking = new([], []);
    private DateTime _origin;
    private bool _isChanged;

    /// <summary>Half-life that suits a shop with daily rhythm: six hours.</summary>
    public static readonly TimeSpan DefaultHalfLife = TimeSpan.FromHours(6);

    /// <summary>Takes an event in. A removal from the cart says nothing in a product's favour and is ignored.</summary>
    /// <param name="productId">The product.</param>
    /// <param name="category">Where it belongs.</param>
    /// <param name="type">What was done.</param>
    /// <param name="time">When, UTC.</param>
    /// <param name="count">How many such events; a share of one stands for an older event that has faded by then.</param>
    public void Add(string productId, Category category, BehaviorEventType type, DateTime time, double count = 1)
    {
        if (type == BehaviorEventType.RemoveFromCart)
        {
            return;
        }

        lock (_turn)
        {
            double exponent = Exponent(time);
            double weight = count * weights.WeightOf(type) * Math.Pow(2, exponent);
            double sum = _products.TryGetValue(productId, out Entry known) ? known.Weight : 0;
            _products[productId] = new Entry(sum + weight, category);
            _isChanged = true;
            if (_products.Count >= capacity * 2L)
            {
                DropLightest();
            }
        }
    }

    /// <summary>Ranks what was taken in since the last time, for readers to see; does nothing when nothing was.</summary>
    public void Publish()
    {
        lock (_turn)
        {
            if (_isChanged)
            {
                _isChanged = false;
                double best = _products.Count == 0 ? 0 : _products.Values.Max(entry => entry.Weight);
                // What is not trending is left out before the order is made: it comes every second, and the tail has the many.
                List<KeyValuePair<string, Entry>> order = best > 0 ? Order(best * MinShare) : [];
                _ranking = new Ranking(
                    [
                        .. order.Select(p => new Recommendation(
                            p.Key,
                            p.Value.Weight / best,
                            RecommendationSource.Trending
                        )),
                    ],
                    [.. order.Select(p => p.Value.Category)]
                );
            }
        }
    }

    /// <summary>The products that are visited most, best first, as of the last <see cref="Publish"/>; scores are shares of the best, from <see cref="MinShare"/> to 1.</summary>
    /// <param name="query">How many, and which not.</param>
    public IReadOnlyList<Recommendation> Top(RecommendationQuery query)
    {
        Ranking ranking = _ranking;
        List<Recommendation> answer = new(Math.Min(query.Count, ranking.Products.Length));
        for (int i = 0; i < ranking.Products.Length && answer.Count < query.Count; i++)
        {
            if (query.Takes(ranking.Products[i].ProductId, ranking.Categories[i]))
            {
                answer.Add(ranking.Products[i]);
            }
        }

        return answer;
    }

    /// <summary>The heaviest products, the heaviest first; there until the next call.</summary>
    /// <param name="minWeight">Lighter ones are left out.</param>
    private List<KeyValuePair<string, Entry>> Order(double minWeight)
    {
        List<KeyValuePair<string, Entry>> order = _order;
        order.Clear();
        foreach (KeyValuePair<string, Entry> product in _products)
        {
            if (product.Value.Weight >= minWeight)
            {
                order.Add(product);
            }
        }

        order.Sort(
            static (a, b) =>
                b.Value.Weight.CompareTo(a.Value.Weight) is not 0 and var byWeight
                    ? byWeight
                    : string.CompareOrdinal(a.Key, b.Key)
        );
        order.RemoveRange(Math.Min(capacity, order.Count), Math.Max(0, order.Count - capacity));
        return order;
    }

    private double Exponent(DateTime time)
    {
        if (_products.Count == 0)
        {
            _origin = time;
        }

        double exponent = (time - _origin) / halfLife;
        if (exponent > MaxExponentLength)
        {
            Rescale(exponent);
            _origin = time;
            exponent = 0;
        }

        return exponent;
    }

    private void Rescale(double exponent)
    {
        double scale = Math.Pow(2, -exponent);
        foreach ((string product, Entry entry) in _products)
        {
            _products[product] = entry with { Weight = entry.Weight * scale };
        }
    }

    private void DropLightest()
    {
        List<KeyValuePair<string, Entry>> kept = Order(minWeight: 0);
        _products.Clear();
        foreach ((string product, Entry entry) in kept)
        {
            _products.Add(product, entry);
        }
    }

    private sealed record Ranking(Recommendation[] Products, Category[] Categories);

    private readonly record struct Entry(double Weight, Category Category);
}
