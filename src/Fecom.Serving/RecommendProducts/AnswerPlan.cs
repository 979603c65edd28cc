using Fecom.Learning.Merchandising;

namespace Fecom.Serving.RecommendProducts;

/// <summary>What an answer is made with, where that is not what every visitor gets.</summary>
internal sealed record AnswerPlan
{
    /// <summary>The champion and the rules in force.</summary>
    public static AnswerPlan Usual { get; } = new();

    /// <summary>The recommender's version; null for the champion, which also answers while the version is not loaded.</summary>
    public int? ModelVersion { get; init; }

    /// <summary>The rules; null for those in force.</summary>
    public MerchandisingRules? Rules { get; init; }

    /// <summary>By source what its products' scores are multiplied by, 0 to leave it out; null for all as they are.</summary>
    public IReadOnlyDictionary<string, double>? Weights { get; init; }

    /// <summary>The answer's id, from which its chance is drawn; null for a new one.</summary>
    public Guid? Id { get; init; }
}
