using Fecom.WebConsole.Requests;

namespace Fecom.WebConsole.Pages;

/// <summary>Hours that are summed up, and as many before them.</summary>
/// <param name="From">Begin of the first one.</param>
/// <param name="Until">End of the last one.</param>
/// <param name="Past">Whether they end in the past, with the newest hour that has a figure.</param>
internal sealed record OverviewPeriod(DateTime From, DateTime Until, bool Past)
{
    public DateTime BeforeFrom => From - (Until - From);

    /// <summary>The hours up to now; up to the newest figure where that is older than all of them.</summary>
    public static OverviewPeriod Of(int hours, DateTime now, DateTime? newest)
    {
        TimeSpan length = TimeSpan.FromHours(hours);
        DateTime until = now.Date.AddHours(now.Hour + 1);
        return newest is { } hour && hour < until - length
            ? new OverviewPeriod(hour.AddHours(1) - length, hour.AddHours(1), Past: true)
            : new OverviewPeriod(until - length, until, Past: false);
    }
}

/// <summary>The shop's figures of some hours.</summary>
internal sealed record ShopFigures(long Sessions, long Buying, long Views, long Carts, long Purchases, double Revenue)
{
    public double? Conversion => Sessions == 0 ? null : (double)Buying / Sessions;

    public static ShopFigures Of(IEnumerable<ShopAnswers.KpiHour> hours) =>
        hours.Aggregate(
            new ShopFigures(0, 0, 0, 0, 0, 0),
            (sum, hour) =>
                new ShopFigures(
                    sum.Sessions + hour.Sessions,
                    sum.Buying + hour.PurchaseSessions,
                    sum.Views + hour.Views,
                    sum.Carts + hour.Carts,
                    sum.Purchases + hour.Purchases,
                    sum.Revenue + hour.Revenue
                )
        );
}

/// <summary>What recommendations earned in some hours.</summary>
internal sealed record EarnedFigures(long Impressions, long Clicks, long Purchases)
{
    public double? Ctr => Impressions == 0 ? null : (double)Clicks / Impressions;

    public double? Conversion => Clicks == 0 ? null : (double)Purchases / Clicks;

    public static EarnedFigures Of(ShopAnswers.RecommendationKpis kpis) =>
        new(
            kpis.Groups.Sum(group => group.Impressions),
            kpis.Groups.Sum(group => group.Clicks),
            kpis.Groups.Sum(group => group.Purchases)
        );
}

/// <summary>What the overview shows.</summary>
internal sealed record OverviewFigures(
    PipelineAnswers.Health Health,
    PipelineAnswers.Pipeline Pipeline,
    ShopAnswers.Latency Latency,
    OverviewPeriod Period,
    ShopAnswers.KpiHours Hours,
    ShopAnswers.RecommendationKpis Recommendations,
    ShopAnswers.RecommendationKpis RecommendationsBefore
)
{
    public IReadOnlyList<ShopAnswers.KpiHour> Now { get; } = [.. Hours.Hours.Where(hour => hour.HourAt >= Period.From)];

    public ShopFigures Shop => ShopFigures.Of(Now);

    public ShopFigures ShopBefore => ShopFigures.Of(Hours.Hours.Where(hour => hour.HourAt < Period.From));

    public double EventsPerSecond =>
        Pipeline
            .Endpoints.Where(endpoint => endpoint.Name is "validation" or "validation-of-changes")
            .Sum(endpoint => endpoint.MessagesPerSecond);

    public PipelineAnswers.ReadEndpoint? Endpoint(string name) =>
        Pipeline.Endpoints.FirstOrDefault(endpoint => endpoint.Name == name);

    /// <summary>Messages that wait before the endpoints that fill the stores.</summary>
    public long Waiting =>
        Pipeline
            .Endpoints.Where(endpoint => !endpoint.Name.StartsWith("dead-letters.", StringComparison.Ordinal))
            .Sum(endpoint => endpoint.Lag ?? 0);

    public bool Equals(OverviewFigures? other) =>
        other is not null
        && ReferenceEquals(Health, other.Health)
        && ReferenceEquals(Pipeline, other.Pipeline)
        && ReferenceEquals(Latency, other.Latency)
        && Period == other.Period
        && ReferenceEquals(Hours, other.Hours)
        && ReferenceEquals(Recommendations, other.Recommendations)
        && ReferenceEquals(RecommendationsBefore, other.RecommendationsBefore);

    public override int GetHashCode() => HashCode.Combine(Period, Hours);

    /// <summary>Reads them.</summary>
    public static async Task<OverviewFigures> ReadAsync(FecomApi api, int hours, DateTime now, CancellationToken stop)
    {
        Task<PipelineAnswers.Health> health = api.GetAsync<PipelineAnswers.Health>("/health/ready", stop);
        Task<PipelineAnswers.Pipeline> pipeline = api.GetAsync<PipelineAnswers.Pipeline>("/api/v1/pipeline", stop);
        Task<ShopAnswers.Latency> latency = api.GetAsync<ShopAnswers.Latency>("/api/v1/serving/latency", stop);
        ShopAnswers.KpiHours newest = await api.GetSettledAsync<ShopAnswers.KpiHours>("/api/v1/kpis?limit=1", stop);
        OverviewPeriod period = OverviewPeriod.Of(hours, now, newest.Hours.FirstOrDefault()?.HourAt);
        Task<ShopAnswers.KpiHours> shop = api.GetSettledAsync<ShopAnswers.KpiHours>(
            $"/api/v1/kpis?limit=500&from={Text(period.BeforeFrom)}&to={Text(period.Until)}",
            stop
        );
        return new OverviewFigures(
            await health,
            await pipeline,
            await latency,
            period,
            await shop,
            await RecommendationsAsync(api, period.From, period.Until, stop),
            await RecommendationsAsync(api, period.BeforeFrom, period.From, stop)
        );
    }

    private static Task<ShopAnswers.RecommendationKpis> RecommendationsAsync(
        FecomApi api,
        DateTime from,
        DateTime until,
        CancellationToken stop
    ) =>
        api.GetSettledAsync<ShopAnswers.RecommendationKpis>(
            $"/api/v1/kpis/recommendations?by=kind&from={Text(from)}&to={Text(until)}",
            stop
        );

    private static string Text(DateTime at) => $"{at:yyyy-MM-ddTHH:mm:ss}Z";
}
