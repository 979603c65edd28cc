using Fecom.Contracts;
using Fecom.Learning;
using Fecom.Learning.Recommend;

namespace Fecom.Serving.FollowTrending;

/// <summary>The trending products, from the shop's own events; from the sample's too until there are enough others.</summary>
/// <param name="create">Makes an empty index.</param>
internal sealed class TrendingFeed(Func<TrendingIndex> create)
{
    private readonly TrendingIndex _own = create();
    private readonly Lock _turn = new();

    /// <summary>Visits of the sample and of the shop; null once the shop has enough, so that the sample's dates no longer decay the shop's visits.</summary>
    private volatile TrendingIndex? _all = create();
    private long _events;

    private TrendingIndex Current => _all ?? _own;

    /// <summary>Adds visits.</summary>
    /// <param name="visit">One of them, or the one that they are counted at.</param>
    /// <param name="category">The product's category.</param>
    /// <param name="events">How many there are.</param>
    /// <param name="weight">Their weight; less than their number where older ones have decayed.</param>
    public void Add(ProductVisit visit, Category category, long events = 1, double weight = 1)
    {
        lock (_turn)
        {
            _all?.Add(visit.ProductId, category, visit.Type, visit.Time, weight);
            if (visit.IsSample)
            {
                return;
            }

            _own.Add(visit.ProductId, category, visit.Type, visit.Time, weight);
            _events += events;
            if (_all is not null && _events >= SampleShare.EnoughOwnEvents)
            {
                _own.Publish();
                _all = null;
            }
        }
    }

    /// <summary>Publishes a ranking that includes the visits since the last one.</summary>
    public void Publish() => Current.Publish();

    /// <summary>See <see cref="TrendingIndex.Top"/>.</summary>
    public IReadOnlyList<Recommendation> Top(RecommendationQuery query) => Current.Top(query);
}
