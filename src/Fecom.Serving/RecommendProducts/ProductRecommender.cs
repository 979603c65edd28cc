using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Fecom.Serving.FollowTrending;
using Fecom.Serving.LoadModels;

namespace Fecom.Serving.RecommendProducts;

/// <summary>
/// Asks the sources one after the other until there are enough: what comes next by ranked candidates, co-visitation, the category of what was asked for, what is
/// trending, what is popular of all.
/// </summary>
internal sealed class ProductRecommender(ModelSlot<Recommender> models, TrendingFeed trending, TimeProvider time)
{
    private static readonly AnsweringModel TrendingModel = AnsweringModel.Fallback("trending");

    /// <summary>Whether the recommender that serves has seen a product.</summary>
    public bool Knows(string productId) => models.Current?.Model.CoVisits.Knows(productId) ?? false;

    /// <summary>What comes next in a session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="filter">How many, and which not.</param>
    /// <param name="newest">The newest product's category, used when the recommender does not know the product.</param>
    public RecommendationAnswer ForSession(
        VisitorSession session,
        RecommendationFilter filter,
        Category newest = default
    )
    {
        ServedModel<Recommender>? served = models.Current;
        RecentProduct[] recent = session.Recent;
        RecommendationQuery query = filter.ToQuery(recent);
        List<RecommendedProduct> items = new(query.Count);
        if (served is not null)
        {
            Append(items, served.Model.Recommend(session, query));
            for (int i = recent.Length - 1; i >= 0 && items.Count < query.Count; i--)
            {
                Category known = i == recent.Length - 1 ? newest : default;
                Append(items, served.Model.CoVisits.SameCategory(recent[i].ProductId, known, Rest(query, items)));
            }
        }

        RecommendationSource asked = served is { Model.IsRanked: true }
            ? RecommendationSource.NextItem
            : RecommendationSource.CoVisitation;
        return Answer(served, items, query, asked);
    }

    /// <summary>What goes with one product, which is not in the answer itself.</summary>
    /// <param name="productId">The product.</param>
    /// <param name="filter">How many, and which not.</param>
    /// <param name="category">Its category, used when the recommender does not know the product.</param>
    public RecommendationAnswer Similar(string productId, RecommendationFilter filter, Category category = default)
    {
        ServedModel<Recommender>? served = models.Current;
        RecommendationQuery query = filter.ToQuery([]);
        query = query with { Exclude = new HashSet<string>(query.Exclude, StringComparer.Ordinal) { productId } };
        List<RecommendedProduct> items = new(query.Count);
        if (served is not null)
        {
            Append(items, served.Model.CoVisits.Similar(productId, query));
            Append(items, served.Model.CoVisits.SameCategory(productId, category, Rest(query, items)));
        }

        return Answer(served, items, query, RecommendationSource.CoVisitation);
    }

    /// <summary>The products that are visited most lately; the recommender is named in the answer if its popular products fill it up.</summary>
    public RecommendationAnswer Trending(RecommendationFilter filter)
    {
        RecommendationAnswer answer = Answer(models.Current, [], filter.ToQuery([]), RecommendationSource.Trending);
        return answer.Items.All(item => item.Source == Name(RecommendationSource.Trending))
            ? answer with
            {
                Model = TrendingModel,
            }
            : answer;
    }

    /// <summary>Fills up with what is trending and what is popular.</summary>
    private RecommendationAnswer Answer(
        ServedModel<Recommender>? served,
        List<RecommendedProduct> items,
        RecommendationQuery query,
        RecommendationSource asked
    )
    {
        Append(items, trending.Top(Rest(query, items)));
        if (served is not null)
        {
            Append(items, served.Model.CoVisits.Recommend([], Rest(query, items) with { FillUp = true }));
        }

        string? fallback =
            items.Count == 0 ? "none"
            : items[0].Source == Name(asked) ? null
            : items[0].Source;
        AnsweringModel model = served is null ? TrendingModel : models.Describe(served);
        return new RecommendationAnswer(Guid.CreateVersion7(time.GetUtcNow()), model, items, fallback);
    }

    private static RecommendationQuery Rest(RecommendationQuery query, List<RecommendedProduct> items) =>
        query.After([.. items.Select(item => item.ProductId)]);

    /// <summary>
    /// Each source has a scale of its own. Its best product gets the score of the last one before it, and the others their share
    /// of that: scores never rise within an answer.
    /// </summary>
    private static void Append(List<RecommendedProduct> items, IReadOnlyList<Recommendation> products)
    {
        double scale = items.Count == 0 || products.Count == 0 ? 1 : items[^1].Score / products[0].Score;
        for (int i = 0; i < products.Count; i++)
        {
            Recommendation product = products[i];
            items.Add(
                new RecommendedProduct(product.ProductId, product.Score * scale, Name(product.Source), Reason(product))
            );
        }
    }

    private static string Name(RecommendationSource source) =>
        source switch
        {
            RecommendationSource.NextItem => "next_item",
            RecommendationSource.CoVisitation => "co_visitation",
            RecommendationSource.Category => "category",
            RecommendationSource.Trending => "trending",
            _ => "popularity",
        };

    private static string Reason(in Recommendation product) =>
        product.Source switch
        {
            RecommendationSource.NextItem => $"comes next after {product.Because} in sessions like this",
            RecommendationSource.CoVisitation => $"visited together with {product.Because}",
            RecommendationSource.Category => $"visited most in the category of {product.Because}",
            RecommendationSource.Trending => "visited most lately",
            _ => "visited most of all",
        };
}
