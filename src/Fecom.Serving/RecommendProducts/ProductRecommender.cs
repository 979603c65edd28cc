using Fecom.Learning.Merchandising;
using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Fecom.Serving.FollowTrending;
using Fecom.Serving.KnowProducts;
using Fecom.Serving.LoadModels;
using Fecom.Serving.SetRules;

namespace Fecom.Serving.RecommendProducts;

/// <summary>
/// Asks the sources one after the other until there are enough: what comes next by ranked candidates, co-visitation, what is like it by category, brand and price, the category of what was asked for, what is
/// trending, what is popular of all. Then the shop's rules choose among them.
/// </summary>
internal sealed class ProductRecommender(
    ModelSlot<Recommender> models,
    TrendingFeed trending,
    ProductCatalogue catalogue,
    ContentNeighbours content,
    RulesInForce rules,
    TimeProvider time
)
{
    private static readonly AnsweringModel TrendingModel = AnsweringModel.Fallback("trending");
    private static readonly Dictionary<string, IReadOnlyList<FeatureInfluence>> NoFeatures = [];

    /// <summary>Whether a product's category is known here.</summary>
    public bool Knows(string productId) =>
        (models.Current?.Model.CoVisits.Knows(productId) ?? false)
        || CategoryOf(productId, otherwise: default) != default;

    /// <summary>What comes next in a session.</summary>
    /// <param name="visitor">Whose session.</param>
    /// <param name="filter">How many, and which not.</param>
    /// <param name="newest">The newest product's category, used when the recommender does not know the product.</param>
    /// <param name="plan">What it is made with; null for what every visitor gets.</param>
    public RecommendationAnswer ForSession(
        Visitor visitor,
        RecommendationFilter filter,
        Category newest = default,
        AnswerPlan? plan = null
    )
    {
        ServedModel<Recommender>? served = ServedBy(plan);
        VisitorSession session = visitor.Session;
        RecommendationSource asked = served is { Model.IsRanked: true }
            ? RecommendationSource.NextItem
            : RecommendationSource.CoVisitation;
        return Answer(
            served,
            Ask(served, filter, visitor, plan),
            plan,
            asked,
            (recommender, pool) =>
            {
                pool.Append(recommender.Recommend(session, pool.Rest));
                RecentProduct[] recent = session.Recent;
                if (recent.Length > 0)
                {
                    AppendLike(recent[^1].ProductId, newest, pool);
                }

                for (int i = recent.Length - 1; i >= 0 && !pool.IsFull; i--)
                {
                    Category known = CategoryOf(recent[i].ProductId, i == recent.Length - 1 ? newest : default);
                    pool.Append(recommender.CoVisits.SameCategory(recent[i].ProductId, known, pool.Rest));
                }
            },
            recommender => recommender.Explain(session)
        );
    }

    /// <summary>What goes with one product, which is not in the answer itself.</summary>
    /// <param name="productId">The product.</param>
    /// <param name="filter">How many, and which not.</param>
    /// <param name="category">Its category, used when the recommender does not know the product.</param>
    /// <param name="plan">What it is made with; null for what every visitor gets.</param>
    public RecommendationAnswer Similar(
        string productId,
        RecommendationFilter filter,
        Category category = default,
        AnswerPlan? plan = null
    )
    {
        ServedModel<Recommender>? served = ServedBy(plan);
        RecommendationFilter others = filter with { Exclude = [.. filter.Exclude, productId] };
        return Answer(
            served,
            Ask(served, others, Visitor.Unknown, plan),
            plan,
            RecommendationSource.CoVisitation,
            (recommender, pool) =>
            {
                pool.Append(recommender.CoVisits.Similar(productId, pool.Rest));
                AppendLike(productId, category, pool);
                Category known = CategoryOf(productId, category);
                pool.Append(recommender.CoVisits.SameCategory(productId, known, pool.Rest));
            }
        );
    }

    /// <summary>The products that are visited most lately; the recommender is named in the answer if its popular products fill it up.</summary>
    public RecommendationAnswer Trending(RecommendationFilter filter, AnswerPlan? plan = null)
    {
        ServedModel<Recommender>? served = ServedBy(plan);
        RecommendationAnswer answer = Answer(
            served,
            Ask(served, filter, Visitor.Unknown, plan),
            plan,
            RecommendationSource.Trending,
            (_, _) => { }
        );
        return answer.Items.Any(item => item.Source == Name(RecommendationSource.Popularity))
            ? answer
            : answer with
            {
                Model = TrendingModel,
            };
    }

    /// <summary>The version of the plan, or the champion while there is none such.</summary>
    private ServedModel<Recommender>? ServedBy(AnswerPlan? plan) =>
        plan?.ModelVersion is { } version ? models.Find(version) ?? models.Current : models.Current;

    private RuledQuestion Ask(
        ServedModel<Recommender>? served,
        RecommendationFilter filter,
        Visitor visitor,
        AnswerPlan? plan
    )
    {
        RulesSnapshot snapshot = plan?.Rules is { } planned ? rules.Current with { Rules = planned } : rules.Current;
        return new(
            filter,
            visitor,
            served?.Model.CoVisits,
            catalogue,
            snapshot,
            time.GetUtcNow(),
            plan?.Weights is not null
        );
    }

    /// <summary>What the catalogue says, else what the caller knows.</summary>
    private Category CategoryOf(string productId, Category otherwise) =>
        catalogue.Find(productId) is { Facts: var facts } && facts.Category != default ? facts.Category : otherwise;

    /// <summary>Takes what is near to what was asked, fills up with what is trending and what is popular, and has the rules choose.</summary>
    private RecommendationAnswer Answer(
        ServedModel<Recommender>? served,
        RuledQuestion question,
        AnswerPlan? plan,
        RecommendationSource asked,
        Action<Recommender, CandidatePool> near,
        Func<Recommender, IReadOnlyDictionary<string, IReadOnlyList<FeatureInfluence>>>? explain = null
    )
    {
        Guid id = plan?.Id ?? Guid.CreateVersion7(time.GetUtcNow());
        IReadOnlyDictionary<string, double>? weights = plan?.Weights;
        RecommendationQuery query = question.Query();
        List<Recommendation> pool = Gather(served, near, query);
        Reasons reasons = new();
        IReadOnlyList<RecommendedProduct> items;
        if (question.Chooses)
        {
            IReadOnlyList<RuledProduct> chosen = question.Rank(Weigh(pool, weights), ChanceOf(id));
            for (
                int more = 0;
                chosen.Count < question.Count && query.IsMetBy(pool.Count) && question.Wider(more) is { } wider;
                more++
            )
            {
                query = wider;
                pool = Gather(served, near, query);
                chosen = question.Rank(Weigh(pool, weights), ChanceOf(id));
            }

            bool isExplained = question.LeftOut is not null;
            IReadOnlyDictionary<string, IReadOnlyList<FeatureInfluence>> features =
                isExplained && explain is not null && served is not null ? explain(served.Model) : NoFeatures;
            items =
            [
                .. chosen.Select(product =>
                    Show(product.Product, reasons, isExplained ? RecommendationExplanation.Of(product, features) : null)
                ),
            ];
        }
        else
        {
            items = [.. pool.Select(product => Show(product, reasons, null))];
        }

        string? fallback =
            pool.Count == 0 ? (items.Count == 0 ? "none" : null)
            : pool[0].Source == asked ? null
            : Name(pool[0].Source);
        return new RecommendationAnswer(
            id,
            served is null ? TrendingModel : models.Describe(served),
            items,
            fallback,
            FallbackReason: null,
            question.RulesVersion,
            Experiment: null,
            question.LeftOut is null
                ? null
                : [.. question.LeftOut.Select(product => new LeftOutProduct(product.Key, product.Value))]
        );
    }

    private List<Recommendation> Gather(
        ServedModel<Recommender>? served,
        Action<Recommender, CandidatePool> near,
        RecommendationQuery query
    )
    {
        CandidatePool pool = new(query);
        if (served is not null)
        {
            near(served.Model, pool);
        }

        if (!pool.IsFull)
        {
            pool.Append(trending.Top(pool.Rest));
        }

        if (served is not null && !pool.IsFull)
        {
            pool.Append(served.Model.CoVisits.Recommend([], pool.Rest with { FillUp = true }));
        }

        return pool.Items;
    }

    /// <summary>Takes what is like a product, as the catalogue describes it.</summary>
    private void AppendLike(string productId, Category known, CandidatePool pool)
    {
        if (!pool.IsFull)
        {
            ProductFacts facts = catalogue.Find(productId)?.Facts ?? default;
            facts = facts.Category == default ? facts with { Category = known } : facts;
            pool.Append(content.Similar(productId, facts, pool.Rest));
        }
    }

    /// <summary>Products by the scores that their sources' weights leave them, without those of sources that weigh nothing.</summary>
    private static List<Recommendation> Weigh(
        List<Recommendation> pool,
        IReadOnlyDictionary<string, double>? weights
    ) =>
        weights is null
            ? pool
            :
            [
                .. pool.Select(product =>
                        product with
                        {
                            Score = product.Score * weights.GetValueOrDefault(Name(product.Source), 1),
                        }
                    )
                    .Where(product => product.Score > 0)
                    .OrderByDescending(product => product.Score),
            ];

    /// <summary>The answer's id is its seed.</summary>
    private static Random ChanceOf(Guid id) => new(id.GetHashCode());

    private static RecommendedProduct Show(
        in Recommendation product,
        Reasons reasons,
        RecommendationExplanation? explanation
    ) => new(product.ProductId, product.Score, Name(product.Source), reasons.Of(product), explanation);

    private static string Name(RecommendationSource source) =>
        source switch
        {
            RecommendationSource.NextItem => "next_item",
            RecommendationSource.CoVisitation => "co_visitation",
            RecommendationSource.Content => "content",
            RecommendationSource.Category => "category",
            RecommendationSource.Trending => "trending",
            RecommendationSource.Rule => "rule",
            _ => "popularity",
        };

    private static string Reason(in Recommendation product) =>
        product.Source switch
        {
            RecommendationSource.NextItem when product.Because == product.ProductId =>
                "visited last, and comes again in sessions like this",
            RecommendationSource.NextItem => $"comes next after {product.Because} in sessions like this",
            RecommendationSource.CoVisitation => $"visited together with {product.Because}",
            RecommendationSource.Content => $"like {product.Because} by category, brand and price",
            RecommendationSource.Category => $"visited most in the category of {product.Because}",
            RecommendationSource.Trending => "visited most lately",
            RecommendationSource.Rule => $"pinned by the rule '{product.Because}'",
            _ => "visited most of all",
        };

    /// <summary>The reasons of one answer's products: nearly all of them have the one of the product before, and share its text.</summary>
    private sealed class Reasons
    {
        private (RecommendationSource Source, string? Because, bool IsItself) _last;
        private string? _text;

        public string Of(in Recommendation product)
        {
            (RecommendationSource, string?, bool) asked = (
                product.Source,
                product.Because,
                product.Because == product.ProductId
            );
            if (_text is null || asked != _last)
            {
                (_last, _text) = (asked, Reason(product));
            }

            return _text;
        }
    }
}
