using System.Runtime.InteropServices;
using Fecom.Learning.Recommend;

namespace Fecom.Learning.Merchandising;

/// <summary>What a rule did to a product of an answer.</summary>
/// <param name="Name">The rule's name; of what the whole set of rules says, its setting's.</param>
/// <param name="Action"><c>include</c>, <c>pin</c>, <c>boost</c>, <c>bury</c>, <c>diversity</c> or <c>exploration</c>.</param>
/// <param name="Factor">What the score was multiplied by; null where it was not.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct AppliedRule(string Name, string Action, double? Factor = null);

/// <summary>A product at its place by the rules.</summary>
/// <param name="Product">The product, with a score that fits its place.</param>
/// <param name="Score">Its score before the rules; null when no source had it.</param>
/// <param name="Rank">Its place before the rules, from 1; null when no source had it.</param>
/// <param name="Applied">What the rules did to it.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RuledProduct(
    Recommendation Product,
    double? Score,
    int? Rank,
    IReadOnlyList<AppliedRule> Applied
);
