namespace Fecom.Contracts;

/// <summary>What a visitor did with a recommended product, with what recommended it: on <see cref="Topics.Feedback"/>.</summary>
public sealed record RecommendationFeedback
{
    /// <summary>The answer that the shop named.</summary>
    public required Guid RecommendationId { get; init; }

    /// <summary>The product.</summary>
    public required string ProductId { get; init; }

    /// <summary>What was done with it: one of <see cref="FeedbackTypes"/>.</summary>
    public required string Type { get; init; }

    /// <summary>Whether it counts, and if not, why: one of <see cref="FeedbackOutcomes"/>.</summary>
    public required string Outcome { get; init; }

    /// <summary>When the shop said so, UTC.</summary>
    public required DateTime ReceivedAt { get; init; }

    /// <summary>When the answer was given, UTC; null when the id is none of ours.</summary>
    public DateTime? ServedAt { get; init; }

    /// <summary>The call that was answered: <c>session</c>, <c>told_session</c>, <c>user</c>, <c>similar</c> or <c>trending</c>; null when the answer is not known.</summary>
    public string? Kind { get; init; }

    /// <summary>The recommender's name; null when the answer is not known.</summary>
    public string? Model { get; init; }

    /// <summary>The recommender's version; null where none had a part in the answer.</summary>
    public int? ModelVersion { get; init; }

    /// <summary>The version of the rules that were followed; null when the answer is not known.</summary>
    public int? RulesVersion { get; init; }

    /// <summary>The experiment that the answer was part of; null when of none, and in messages from before there were any.</summary>
    public string? Experiment { get; init; }

    /// <summary>Its variant.</summary>
    public string? Variant { get; init; }

    /// <summary>What named the product; null when the answer does not have it.</summary>
    public string? Source { get; init; }

    /// <summary>The product's place in the answer, from 1; null when the answer does not have it.</summary>
    public int? Position { get; init; }

    /// <summary>What the product costs, in the shop's currency; null when nobody said.</summary>
    public decimal? Price { get; init; }
}

/// <summary>What a visitor can do with a recommended product.</summary>
public static class FeedbackTypes
{
    /// <summary>It was shown.</summary>
    public const string Impression = "impression";

    /// <summary>It was clicked on.</summary>
    public const string Click = "click";

    /// <summary>It was put into the cart.</summary>
    public const string Cart = "cart";

    /// <summary>It was bought.</summary>
    public const string Purchase = "purchase";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Impression, Click, Cart, Purchase];
}

/// <summary>Whether feedback counts.</summary>
public static class FeedbackOutcomes
{
    /// <summary>It does.</summary>
    public const string Counted = "counted";

    /// <summary>The same was said of the same product and answer before.</summary>
    public const string Repeated = "repeated";

    /// <summary>No answer of this id is known.</summary>
    public const string Unknown = "unknown";

    /// <summary>The answer did not have the product.</summary>
    public const string NotShown = "not_shown";

    /// <summary>It came when the attribution window had passed.</summary>
    public const string Late = "late";
}
