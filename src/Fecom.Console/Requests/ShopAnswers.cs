namespace Fecom.WebConsole.Requests;

/// <summary>What the calls on the shop's figures answer.</summary>
internal static class ShopAnswers
{
    internal sealed record KpiHours(IReadOnlyList<KpiHour> Hours);

    internal sealed record KpiHour(
        DateTime HourAt,
        long Sessions,
        long PurchaseSessions,
        long Views,
        long Carts,
        long Purchases,
        double Revenue
    );

    internal sealed record RecommendationKpis(IReadOnlyList<Group> Groups);

    internal sealed record Group(
        string? Kind,
        string? Model,
        int? ModelVersion,
        string? Source,
        long Impressions,
        long Clicks,
        Rate? Ctr,
        long Carts,
        long Purchases,
        double Revenue
    );

    internal sealed record Latency(int WindowSeconds, IReadOnlyList<CallLatency> Calls);

    internal sealed record CallLatency(
        string Kind,
        long Answers,
        double? P50Seconds,
        double? P99Seconds,
        double BudgetSeconds
    );

    internal sealed record Rate(double Value, double Low, double High);
}
