namespace Fecom.Learning.NextItem;

/// <summary>What <see cref="NeighbourOptions"/> make of an index: weights that are the same for every question. Never changes.</summary>
/// <remarks>Memory: 8 bytes a session and 8 a product.</remarks>
internal sealed class NeighbourWeights
{
    /// <summary>Steps beyond which a product of a neighbour weighs as at this many.</summary>
    public const int MaxSteps = 64;

    public NeighbourWeights(SessionIndex index, NeighbourOptions options)
    {
        Options = options;
        Recency = new float[index.Sessions];
        Session = new float[index.Sessions];
        for (int session = 0; session < Session.Length; session++)
        {
            Recency[session] = (float)
                Math.Exp(-options.Recency * (index.Sessions - session) / Math.Max(1.0, index.Sessions));
            Session[session] = (float)(Recency[session] / Math.Pow(index.Log[session].Length, options.LengthPower));
        }

        Common = new float[index.Products];
        Candidate = new float[index.Products];
        for (int product = 0; product < index.Products; product++)
        {
            Common[product] = (float)Math.Pow(index.Rarity(product), options.RarityPower);
            Candidate[product] = (float)Math.Pow(index.Rarity(product), options.CandidateRarityPower);
        }

        for (int steps = 1; steps < MaxSteps; steps++)
        {
            Distance[MaxSteps + steps] = (float)Math.Exp(-(steps - 1) / options.ForwardDecay);
            Distance[MaxSteps - steps] = (float)(
                options.BackwardWeight * Math.Exp(-(steps - 1) / options.BackwardDecay)
            );
            StepBack[steps] = (float)Math.Exp(-steps / options.QueryDecay);
        }

        Distance[MaxSteps] = (float)options.SameWeight;
        StepBack[0] = 1;
    }

    public NeighbourOptions Options { get; }

    /// <summary>What a session's age leaves of its weight.</summary>
    public float[] Recency { get; }

    /// <summary>The same, with the session's length.</summary>
    public float[] Session { get; }

    /// <summary>What a product adds to the similarity of a session that holds it.</summary>
    public float[] Common { get; }

    /// <summary>What the rarity of a recommended product is worth.</summary>
    public float[] Candidate { get; }

    /// <summary>By steps after the common product; it stands at <see cref="MaxSteps"/>.</summary>
    public float[] Distance { get; } = new float[MaxSteps * 2];

    /// <summary>By steps back in the session that is asked about.</summary>
    public float[] StepBack { get; } = new float[MaxSteps];
}
