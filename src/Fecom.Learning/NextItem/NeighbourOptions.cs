namespace Fecom.Learning.NextItem;

/// <summary>How session neighbours are weighed. The defaults suit many shops; <see cref="NeighbourTuner"/> finds a shop's own.</summary>
public sealed record NeighbourOptions
{
    /// <summary>Steps back after which a product of the session weighs 1/e, above 0. Default 2.</summary>
    public double QueryDecay { get; init; } = 2;

    /// <summary>Power of a common product's rarity, from 0. Default 2.</summary>
    public double RarityPower { get; init; } = 2;

    /// <summary>Power of a neighbour's length that its similarity is divided by, from 0. Default 0.</summary>
    public double LengthPower { get; init; }

    /// <summary>How much less the oldest session weighs than the newest: e to this power, from 0. Default 1.</summary>
    public double Recency { get; init; } = 1;

    /// <summary>Steps after the common product after which a neighbour's product weighs 1/e, above 0. Default 2.</summary>
    public double ForwardDecay { get; init; } = 2;

    /// <summary>The same before the common product. Default 2.</summary>
    public double BackwardDecay { get; init; } = 2;

    /// <summary>Weight of what stands before the common product, from 0. Default 0.6.</summary>
    public double BackwardWeight { get; init; } = 0.6;

    /// <summary>Weight of the common product itself, from 0. Default 0.5.</summary>
    public double SameWeight { get; init; } = 0.5;

    /// <summary>Power of a recommended product's rarity, from 0. Default 0.5.</summary>
    public double CandidateRarityPower { get; init; } = 0.5;

    /// <summary>Most neighbours, from 1. Default 1,000.</summary>
    public int Neighbours { get; init; } = 1_000;

    /// <summary>Newest sessions of each product that are looked at, from 1. Default 5,000.</summary>
    public int SessionsPerProduct { get; init; } = 5_000;
}
