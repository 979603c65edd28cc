using Fecom.Learning;
using Fecom.Learning.Recommend;

namespace Fecom.Serving.FollowTrending;

/// <summary>What is trending: of the shop's own events, and of the sample's only until there are enough others.</summary>
/// <param name="create">Makes an empty index.</param>
internal sealed class TrendingFeed(Func<TrendingIndex> create)
{
    private readonly TrendingIndex _own = create();
    private readonly Lock _turn = new();

    /// <summary>The sample's visits and the shop's own; null once there are enough of these. Whatever the sample's dates are, they fade no others then.</summary>
    private volatile TrendingIndex? _all = create();
    private long _events;

    private TrendingIndex Current => _all ?? _own;

    /// <summary>Takes visits in.</summary>
    /// <param name="visit">One of them, or the one that they are counted at.</param>
    /// <param name="category">Where the product belongs.</param>
    /// <param name="events">How many there are.</param>
    /// <param name="weight">How many they count as; fewer where older ones have faded by then.</param>
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

    /// <summary>Ranks what was taken in since the last time, for readers to see.</summary>
    public void Publish() => Current.Publish();

    /// <summary>See <see cref="TrendingIndex.Top"/>.</summary>
    public IReadOnlyList<Recommendation> Top(RecommendationQuery query) => Current.Top(query);
}
