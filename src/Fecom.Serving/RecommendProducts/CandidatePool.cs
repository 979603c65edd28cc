using Fecom.Learning.Recommend;

namespace Fecom.Serving.RecommendProducts;

/// <summary>What the sources have named so far for one request, each product once, and what is left to ask the next source.</summary>
internal sealed class CandidatePool(RecommendationQuery query)
{
    private HashSet<string>? _named;

    public List<Recommendation> Items { get; private set; } = [];

    /// <summary>Whether there are enough.</summary>
    public bool IsFull => query.IsMetBy(Items.Count);

    /// <summary>What the next source is asked.</summary>
    public RecommendationQuery Rest
    {
        get
        {
            if (Items.Count == 0)
            {
                return query;
            }

            if (_named is null)
            {
                _named = new HashSet<string>(query.Exclude, StringComparer.Ordinal);
                Items.ForEach(item => _named.Add(item.ProductId));
            }

            return query with
            {
                Count = query.Count - Items.Count,
                Enough = query.Enough - Items.Count,
                Exclude = _named,
            };
        }
    }

    /// <summary>
    /// Takes what a source named. Each source has a scale of its own: its best product gets the score of the last one before it, and the others their share
    /// of that, so scores never rise within an answer.
    /// </summary>
    /// <param name="products">Made for this request: the first source's list becomes the pool.</param>
    public void Append(IReadOnlyList<Recommendation> products)
    {
        if (Items.Count == 0)
        {
            Items = products as List<Recommendation> ?? [.. products];
            return;
        }

        double scale = products.Count == 0 ? 1 : Items[^1].Score / products[0].Score;
        for (int i = 0; i < products.Count; i++)
        {
            _named?.Add(products[i].ProductId);
            Items.Add(products[i] with { Score = products[i].Score * scale });
        }
    }
}
