using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Fecom.Serving.LoadModels;

namespace Fecom.Serving.RecommendProducts;

/// <summary>Asks the sources one after the other until there are enough: co-visitation, what is trending, what is popular of all.</summary>
internal sealed class ProductRecommender(ModelSlot<CoVisitationIndex> models, TrendingIndex trending, TimeProvider time)
{
    private static readonly AnsweringModel TrendingModel = new("trending", null);

    /// <summary>What goes with the last products of a session.</summary>
    public RecommendationAnswer ForSession(ReadOnlySpan<RecentProduct> recent, RecommendationFilter filter)
    {
        ServedModel<CoVisitationIndex>? served = models.Current;
        RecommendationQuery query = filter.ToQuery(recent);
        IReadOnlyList<Recommendation> close = served?.Model.Recommend(recent, query) ?? [];
        return Answer(served, close, query, RecommendationSource.CoVisitation);
    }

    /// <summary>What goes with one product, which is not in the answer itself.</summary>
    public RecommendationAnswer Similar(string productId, RecommendationFilter filter)
    {
        ServedModel<CoVisitationIndex>? served = models.Current;
        RecommendationQuery query = filter.ToQuery([]);
        query = query with { Exclude = new HashSet<string>(query.Exclude, StringComparer.Ordinal) { productId } };
        return Answer(served, served?.Model.Similar(productId, query) ?? [], query, RecommendationSource.CoVisitation);
    }

    /// <summary>What is visited most lately.</summary>
    public RecommendationAnswer Trending(RecommendationFilter filter)
    {
        RecommendationAnswer answer = Answer(models.Current, [], filter.ToQuery([]), RecommendationSource.Trending);
        return answer with { Model = TrendingModel };
    }

    private RecommendationAnswer Answer(
        ServedModel<CoVisitationIndex>? served,
        IReadOnlyList<Recommendation> close,
        RecommendationQuery query,
        RecommendationSource asked
    )
    {
        List<RecommendedProduct> items = new(query.Count);
        Append(items, close);
        if (items.Count < query.Count)
        {
            Append(items, trending.Top(Rest(query, items)));
        }

        if (items.Count < query.Count && served is not null)
        {
            Append(items, served.Model.Recommend([], Rest(query, items) with { FillUp = true }));
        }

        string? fallback = items.Count == 0 ? "none" : items[0].Source == Name(asked) ? null : items[0].Source;
        AnsweringModel model = served is null ? TrendingModel : new AnsweringModel(served.Name, served.Version);
        return new RecommendationAnswer(Guid.CreateVersion7(time.GetUtcNow()), model, items, fallback);
    }

    private static RecommendationQuery Rest(RecommendationQuery query, List<RecommendedProduct> items) =>
        items.Count == 0
            ? query
            : query with
            {
                Count = query.Count - items.Count,
                Exclude = new HashSet<string>(query.Exclude.Concat(items.Select(item => item.ProductId)), StringComparer.Ordinal),
            };

    private static void Append(List<RecommendedProduct> items, IReadOnlyList<Recommendation> products)
    {
        for (int i = 0; i < products.Count; i++)
        {
            Recommendation product = products[i];
            items.Add(new RecommendedProduct(product.ProductId, product.Score, Name(product.Source), Reason(product)));
        }
    }

    private static string Name(RecommendationSource source) =>
        source switch
        {
            RecommendationSource.CoVisitation => "co_visitation",
            RecommendationSource.Trending => "trending",
            _ => "popularity",
        };

    private static string Reason(in Recommendation product) =>
        product.Source switch
        {
            RecommendationSource.CoVisitation => $"visited together with {product.Because}",
            RecommendationSource.Trending => "visited most lately",
            _ => "visited most of all",
        };
}
