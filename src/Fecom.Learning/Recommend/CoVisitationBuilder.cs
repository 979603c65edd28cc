using System.Runtime.InteropServices;
using Fecom.Contracts;

namespace Fecom.Learning.Recommend;

/// <summary>Counts which products are visited together, session after session, with bounded memory a product.</summary>
/// <param name="options">How to count.</param>
/// <param name="newest">Time of the newest event of all, UTC: sessions weigh less the longer before it they ended.</param>
/// <remarks>
/// Item-to-item co-visitation as of Linden, Smith and York (2003), in the order of the session: the later product follows
/// the earlier, the way back counts less. Visits that went further (cart, purchase) weigh more.
/// </remarks>
public sealed class CoVisitationBuilder(CoVisitationOptions options, DateTime newest)
{
    private readonly List<NeighbourCounter> _followers = [];
    private readonly List<float> _popularity = [];
    private readonly List<SessionVisit> _visits = [];
    private readonly double[] _stepWeights =
    [
        .. Enumerable.Range(0, options.Window).Select(i => Math.Pow(options.StepDecay, i)),
    ];

    /// <summary>The products; number a product here before its session is added.</summary>
    public ProductTable Products { get; } = new();

    /// <summary>Sessions taken in so far.</summary>
    public int Sessions { get; private set; }

    /// <summary>Takes a whole session in.</summary>
    /// <param name="events">Its events in the order in which they happened.</param>
    /// <param name="end">When the last of them happened, UTC.</param>
    public void AddSession(ReadOnlySpan<SessionVisit> events, DateTime end)
    {
        Sessions++;
        GrowTo(Products.Count);
        CollapseVisits(events);
        double age = Math.Max(0, (newest - end) / options.HalfLife);
        double sessionWeight = Math.Pow(2, -age);
        ReadOnlySpan<SessionVisit> visits = CollectionsMarshal.AsSpan(_visits);
        for (int later = 0; later < visits.Length; later++)
        {
            double weight = sessionWeight * options.WeightOf(visits[later].Type);
            _popularity[visits[later].Product] += (float)weight;
            for (int earlier = Math.Max(0, later - options.Window); earlier < later; earlier++)
            {
                Count(visits[earlier], visits[later], sessionWeight * _stepWeights[later - earlier - 1]);
            }
        }
    }

    /// <summary>The index over everything taken in so far.</summary>
    public CoVisitationIndex Build()
    {
        GrowTo(Products.Count);
        float[] popularity = [.. _popularity];
        int[] starts = new int[Products.Count + 1];
        List<int> neighbours = [];
        List<float> scores = [];
        int[] products = new int[Capacity * 2];
        float[] weights = new float[Capacity * 2];
        for (int product = 0; product < Products.Count; product++)
        {
            int count = _followers[product].CopyTo(products, weights);
            Score(product, products.AsSpan(0, count), weights.AsSpan(0, count), popularity);
            Array.Sort(weights, products, 0, count);
            for (int i = count - 1; i >= Math.Max(0, count - options.Neighbours); i--)
            {
                neighbours.Add(products[i]);
                scores.Add(weights[i]);
            }

            starts[product + 1] = neighbours.Count;
        }

        return new CoVisitationIndex(options, Products, popularity, starts, [.. neighbours], [.. scores]);
    }

    /// <summary>How many neighbours are counted for a product before the lightest half goes.</summary>
    private int Capacity => options.Neighbours * 4;

    private void Count(SessionVisit earlier, SessionVisit later, double weight)
    {
        double forward = weight * options.WeightOf(later.Type);
        _followers[earlier.Product].Add(later.Product, (float)forward, Capacity);
        if (options.Backward > 0 && earlier.Product != later.Product)
        {
            double backward = weight * options.WeightOf(earlier.Type) * options.Backward;
            _followers[later.Product].Add(earlier.Product, (float)backward, Capacity);
        }
    }

    /// <summary>Share of the product's own weight, less for a popular neighbour.</summary>
    private void Score(int product, ReadOnlySpan<int> products, Span<float> weights, float[] popularity)
    {
        double own = Math.Max(popularity[product], 1e-9);
        for (int i = 0; i < products.Length; i++)
        {
            double penalty = Math.Pow(Math.Max(popularity[products[i]], 1e-9), options.PopularityPenalty);
            weights[i] = (float)(weights[i] / (own * penalty));
        }
    }

    /// <summary>Looking, putting into the cart and buying one after the other is one visit that went far.</summary>
    private void CollapseVisits(ReadOnlySpan<SessionVisit> events)
    {
        _visits.Clear();
        foreach (SessionVisit e in events)
        {
            if (_visits.Count > 0 && _visits[^1].Product == e.Product && e.Type != BehaviorEventType.View)
            {
                bool isFurther = options.WeightOf(e.Type) > options.WeightOf(_visits[^1].Type);
                _visits[^1] = isFurther ? e : _visits[^1];
            }
            else
            {
                _visits.Add(e);
            }
        }
    }

    private void GrowTo(int products)
    {
        while (_followers.Count < products)
        {
            _followers.Add(new NeighbourCounter());
            _popularity.Add(0);
        }
    }
}
