using Fecom.Learning.Recommend;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Serving.TryChallengers;

/// <summary>Compares what challengers answered unseen with what was shown, from the logs.</summary>
internal sealed class ShadowComparison(NpgsqlDataSource database, TimeProvider time)
{
    public const int MaxDays = 30;

    private const string Predictions = """
        select date_bin('1 day', predicted_at, '2000-01-01T00:00:00Z') as "DayAt", version as "ChallengerVersion", count(*) as "Answers",
            avg(shown_probability)::double precision as "ShownMean", avg(probability)::double precision as "ChallengerMean",
            avg(abs(probability - shown_probability))::double precision as "MeanDifference",
            corr(probability, shown_probability) as "Correlation"
        from serving.prediction_log
        where predicted_at >= @from and model = @model and shown_probability is not null
        group by 1, 2 order by 1 desc, 2 desc
        """;

    private const string Recommendations = """
        select date_bin('1 day', served_at, '2000-01-01T00:00:00Z') as "DayAt", champion_version as "ChampionVersion",
            challenger_version as "ChallengerVersion", count(*) as "Answers", avg(overlap)::double precision as "Overlap",
            coalesce(sum(clicked), 0)::bigint as "Clicked",
            (sum(shown_ranks) / nullif(sum(clicked), 0))::double precision as "ShownReciprocalRank",
            (sum(challenger_ranks) / nullif(sum(clicked), 0))::double precision as "ChallengerReciprocalRank"
        from serving.shadow_recommendation s
        cross join lateral (
            select count(*)::numeric / nullif(least(10, greatest(cardinality(products), cardinality(challenger_products))), 0) as overlap
            from (select unnest(s.products[1:10]) intersect select unnest(s.challenger_products[1:10])) both_have) o
        cross join lateral (
            select count(*) as clicked, sum(1.0 / array_position(s.products, f.product_id)) as shown_ranks,
                sum(coalesce(1.0 / array_position(s.challenger_products, f.product_id), 0)) as challenger_ranks
            from serving.feedback f
            where f.recommendation_id = s.recommendation_id and f.type = 'click' and not f.is_repeat and f.product_id = any(s.products)) c
        where served_at >= @from
        group by 1, 2, 3 order by 1 desc, 2 desc, 3 desc
        """;

    public async Task<ChallengerComparison> OfAsync(string model, int days, CancellationToken cancellationToken) =>
        new(
            model,
            await database.QueryAsync<ComparedDay>(
                model == Recommender.Kind ? Recommendations : Predictions,
                new { model, from = time.GetUtcNow().UtcDateTime.AddDays(-days) },
                cancellationToken
            )
        );
}
