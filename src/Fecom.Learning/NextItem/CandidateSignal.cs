namespace Fecom.Learning.NextItem;

/// <summary>What a candidate source says of a product; the columns of <see cref="ScoreTable"/>. The first four are added to together.</summary>
internal enum CandidateSignal
{
    /// <summary>Sum over the neighbour sessions that hold it, by similarity and distance from the common product.</summary>
    Neighbours,

    /// <summary>The same over the nearest hundred.</summary>
    Nearest,

    /// <summary>Sum of similarities without recency, less where the common product lies back in the session.</summary>
    PlainNeighbours,

    /// <summary>How many neighbours hold it.</summary>
    NeighbourCount,

    /// <summary>How often it came next where a neighbour went the way that the session ends with.</summary>
    Suffix,

    /// <summary>Came after products of the session.</summary>
    Forward,

    /// <summary>Came before products of the session.</summary>
    Backward,

    /// <summary>Cosine with products of the session.</summary>
    CoVisits,

    /// <summary>Two transitions away from the last product.</summary>
    TwoSteps,

    /// <summary>Share of the transitions from the last product.</summary>
    LastForward,

    /// <summary>Share of the immediate, recent next steps from the last product.</summary>
    LastNext,

    /// <summary>Cosine with the last product.</summary>
    LastCosine,

    /// <summary>Share of the transitions from the product before the last one.</summary>
    SecondForward,

    /// <summary>Largest cosine with a product of the session.</summary>
    BestCosine,

    /// <summary>Share of what came before the last product.</summary>
    LastBackward,

    /// <summary>Every source together.</summary>
    Blend,
}
