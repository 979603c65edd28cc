using Fecom.Learning.Metrics;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Serving.RunExperiments;

/// <summary>A variant's sums over its units.</summary>
internal sealed record VariantSums
{
    public required string Variant { get; init; }

    public required long Units { get; init; }

    public required long Sessions { get; init; }

    public required long Answers { get; init; }

    public required long Impressions { get; init; }

    public required long Clicks { get; init; }

    public required long Carts { get; init; }

    public required long Purchases { get; init; }

    public required long Buying { get; init; }

    public required decimal Revenue { get; init; }

    public required double SessionsSquared { get; init; }

    public required double ImpressionsSquared { get; init; }

    public required double ClicksSquared { get; init; }

    public required double ClicksImpressions { get; init; }

    public required double BuyingSquared { get; init; }

    public required double BuyingSessions { get; init; }

    public required double RevenueSquared { get; init; }

    public required double RevenueSessions { get; init; }

    /// <summary>A variant that nobody has got.</summary>
    public static VariantSums None(string variant) =>
        new()
        {
            Variant = variant,
            Units = 0,
            Sessions = 0,
            Answers = 0,
            Impressions = 0,
            Clicks = 0,
            Carts = 0,
            Purchases = 0,
            Buying = 0,
            Revenue = 0,
            SessionsSquared = 0,
            ImpressionsSquared = 0,
            ClicksSquared = 0,
            ClicksImpressions = 0,
            BuyingSquared = 0,
            BuyingSessions = 0,
            RevenueSquared = 0,
            RevenueSessions = 0,
        };

    /// <summary>The sums of a metric of <see cref="ExperimentChecks.Metrics"/>.</summary>
    public RatioSums Of(string metric) =>
        metric switch
        {
            "click_rate" => new RatioSums
            {
                Units = Units,
                Numerator = Clicks,
                Denominator = Impressions,
                NumeratorSquares = ClicksSquared,
                DenominatorSquares = ImpressionsSquared,
                Products = ClicksImpressions,
            },
            "conversion" => new RatioSums
            {
                Units = Units,
                Numerator = Buying,
                Denominator = Sessions,
                NumeratorSquares = BuyingSquared,
                DenominatorSquares = SessionsSquared,
                Products = BuyingSessions,
            },
            _ => new RatioSums
            {
                Units = Units,
                Numerator = (double)Revenue,
                Denominator = Sessions,
                NumeratorSquares = RevenueSquared,
                DenominatorSquares = SessionsSquared,
                Products = RevenueSessions,
            },
        };
}

/// <summary>SQL of <c>serving.experiment_session</c> for what was counted.</summary>
internal sealed class ExperimentFigures(NpgsqlDataSource database)
{
    /// <summary>Feedback that is counted in one transaction.</summary>
    private const int MaxBatch = 5_000;

    /// <summary>Sums by variant; variants that nobody has got are not there.</summary>
    public Task<IReadOnlyList<VariantSums>> SumAsync(string experiment, CancellationToken cancellationToken) =>
        database.QueryAsync<VariantSums>(
            """
            select variant as "Variant", count(*) as "Units", sum(s)::bigint as "Sessions", sum(a)::bigint as "Answers",
                sum(i)::bigint as "Impressions", sum(c)::bigint as "Clicks", sum(k)::bigint as "Carts", sum(p)::bigint as "Purchases",
                sum(b)::bigint as "Buying", sum(r) as "Revenue", sum(s * s)::double precision as "SessionsSquared",
                sum(i * i)::double precision as "ImpressionsSquared", sum(c * c)::double precision as "ClicksSquared",
                sum(c * i)::double precision as "ClicksImpressions", sum(b * b)::double precision as "BuyingSquared",
                sum(b * s)::double precision as "BuyingSessions", sum(r * r)::double precision as "RevenueSquared",
                sum(r * s)::double precision as "RevenueSessions"
            from (
                select variant, unit, count(*) as s, sum(answers) as a, sum(impressions) as i, sum(clicks) as c, sum(carts) as k,
                    sum(purchases) as p, count(*) filter (where purchases > 0) as b, sum(revenue) as r
                from serving.experiment_session where experiment = @experiment group by variant, unit) units
            group by variant
            """,
            new { experiment },
            cancellationToken
        );

    /// <summary>
    /// Adds the next feedback to the sessions of the experiments, with its number in one transaction: each piece counts once, whatever is
    /// killed. What counts is what <c>TellFeedback</c> tells gold as counted.
    /// </summary>
    /// <param name="before">Only what came before this time: by then the answer that it names is written.</param>
    /// <param name="window">How long after an answer feedback on it counts.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether there may be more.</returns>
    public async Task<bool> CountAsync(DateTime before, TimeSpan window, CancellationToken cancellationToken) =>
        await database.ReadAsync<long>(
            """
            with mark as (select seq from serving.experiment_counted for update),
            next as (select f.* from serving.feedback f, mark where f.seq > mark.seq order by f.seq limit @MaxBatch),
            fresh as (
                select * from next where seq < coalesce((select min(seq) from next where received_at >= @before), 9223372036854775807)),
            given as (
                select r.experiment, r.variant, r.unit, r.session, f.type, f.price
                from fresh f join serving.recommendation r on r.recommendation_id = f.recommendation_id and r.served_at = f.served_at
                where r.experiment is not null and r.unit is not null and not f.is_repeat and f.product_id = any(r.products)
                    and f.received_at - f.served_at <= @window),
            sums as (
                select experiment, variant, unit, session, count(*) filter (where type = 'impression') as impressions,
                    count(*) filter (where type = 'click') as clicks, count(*) filter (where type = 'cart') as carts,
                    count(*) filter (where type = 'purchase') as purchases,
                    coalesce(sum(price) filter (where type = 'purchase'), 0) as revenue
                from given group by 1, 2, 3, 4),
            counted as (
                update serving.experiment_session e
                set impressions = e.impressions + s.impressions, clicks = e.clicks + s.clicks, carts = e.carts + s.carts,
                    purchases = e.purchases + s.purchases, revenue = e.revenue + s.revenue
                from sums s
                where e.experiment = s.experiment and e.variant = s.variant and e.unit = s.unit and e.session = s.session),
            moved as (
                update serving.experiment_counted set seq = (select max(seq) from fresh) where exists (select from fresh))
            select count(*) from fresh
            """,
            new
            {
                before,
                window,
                MaxBatch,
            },
            cancellationToken
        ) == MaxBatch;
}
