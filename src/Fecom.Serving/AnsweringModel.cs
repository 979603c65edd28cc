namespace Fecom.Serving;

/// <summary>What answered: a registered model and its version, or a fallback, which has none.</summary>
/// <param name="Name">The model's or the fallback's name.</param>
/// <param name="Version">The model's version.</param>
/// <param name="Notes">What is wrong or unusual with the model, a sentence each: learned from the sample, stale, worse than its baseline.</param>
internal sealed record AnsweringModel(string Name, int? Version, IReadOnlyList<string> Notes)
{
    /// <summary>A fallback.</summary>
    public static AnsweringModel Fallback(string name) => new(name, null, []);
}
