using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fecom.WebConsole.Requests;

/// <summary>What the calls on recommendations and their rules answer.</summary>
internal static class ServingAnswers
{
    internal sealed record Recommendation(
        string RecommendationId,
        Model Model,
        IReadOnlyList<Item> Items,
        string? Fallback,
        string? FallbackReason,
        int RulesVersion,
        IReadOnlyList<LeftOut>? LeftOut
    );

    internal sealed record Model(string Name, int? Version, IReadOnlyList<string>? Notes);

    internal sealed record Item(string ProductId, double Score, string Source, string Reason, Explanation? Explanation);

    internal sealed record Explanation(
        double? Score,
        int? Rank,
        IReadOnlyList<RankedBy>? Features,
        IReadOnlyList<Effect>? Rules
    );

    internal sealed record Effect(string Name, string Action, double? Factor);

    internal sealed record RankedBy(string Name, double? Value, double Contribution);

    internal sealed record LeftOut(string ProductId, string Rule);

    internal sealed record Rules(
        int Version,
        DateTime? ChangedAt,
        string? ChangedBy,
        string? Reason,
        JsonElement RuleSet
    );

    internal sealed record RulesVersions(IReadOnlyList<Rules> Versions);

    internal sealed record Preview(
        int RulesVersion,
        string? FallbackReason,
        Side Before,
        Side After,
        IReadOnlyList<Change> Changes
    );

    internal sealed record Side(IReadOnlyList<Item> Items);

    internal sealed record Change(
        string ProductId,
        [property: JsonPropertyName("change")] string Kind,
        int? PlaceBefore,
        int? PlaceAfter,
        string? Rule
    );
}
