using Fecom.Contracts;

namespace Fecom.Learning.Recommend;

/// <summary>How co-visitation is counted and asked.</summary>
public sealed record CoVisitationOptions
{
    /// <summary>Neighbours kept for each product, from 1. Default 100. Memory is 8 bytes a neighbour.</summary>
    public int Neighbours { get; init; } = 100;

    /// <summary>How far apart in a session two visits may be to count, from 1. Default 10.</summary>
    public int Window { get; init; } = 10;

    /// <summary>What each further step between two visits leaves of their weight, 0 to 1. Default 0.6.</summary>
    public double StepDecay { get; init; } = 0.6;

    /// <summary>Weight of the way back, from the later product to the earlier, 0 to 1. Default 0.4.</summary>
    public double Backward { get; init; } = 0.4;

    /// <summary>A session's weight halves with so much age. Default 60 days.</summary>
    public TimeSpan HalfLife { get; init; } = TimeSpan.FromDays(60);

    /// <summary>How strongly popularity of the neighbour counts against it: 0 not at all, 0.5 as the cosine, 1 as the lift. Default 0.1.</summary>
    public double PopularityPenalty { get; init; } = 0.1;

    /// <summary>What each older product of the asking session leaves of the weight, 0 to 1. Default 0.55.</summary>
    public double RecencyDecay { get; init; } = 0.55;

    /// <summary>Weight of a visit that ended in a view. Default 1.</summary>
    public double ViewWeight { get; init; } = 1;

    /// <summary>Weight of a visit that ended in the cart. Default 3.</summary>
    public double CartWeight { get; init; } = 3;

    /// <summary>Weight of a visit that ended in a purchase. Default 5.</summary>
    public double PurchaseWeight { get; init; } = 5;

    internal double WeightOf(BehaviorEventType type) =>
        type switch
        {
            BehaviorEventType.Cart => CartWeight,
            BehaviorEventType.Purchase => PurchaseWeight,
            _ => ViewWeight,
        };
}
