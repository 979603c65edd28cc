namespace Fecom.Learning.NextItem;

/// <summary>What <see cref="NeighbourOptions"/> make of an index: weights that are the same for every question. Never changes.</summary>
/// <remarks>Memory: 8 bytes a product; nothing by session, so that an index can grow.</remarks>
internal sealed class NeighbourWeights
{
    /// <summary>Steps beyond which a product of a neighbour weighs as at this many.</summary>
    public const int MaxSteps = 64;

    /// <summary>Ages of sessions that are told apart: the oldest weigh e^-8 at the least, so from one to the next it is a five-hundredth at the most.</summary>
    private const int Ages = 4_096;

    private readonly SessionIndex _index;
    private readonly float[] _recency;
    private readonly double _agesPerSession;
    private readonly double[] _lengths = new double[256];

    public NeighbourWeights(SessionIndex index, NeighbourOptions options)
    {
        Options = options;
        _index = index;
        _recency = new float[Math.Min(Ages, Math.Max(1, index.Sessions))];
        _agesPerSession = _recency.Length / Math.Max(1.0, index.Sessions);
        for (int age = 0; age < _recency.Length; age++)
        {
            // The session in the middle of those that share the place; the very one where each has its own.
            double session = Math.Floor((age + 0.5) / _agesPerSession);
            _recency[age] = (float)
                Math.Exp(-options.Recency * (index.Sessions - session) / Math.Max(1.0, index.Sessions));
        }

        for (int length = 1; length < _lengths.Length; length++)
        {
            _lengths[length] = Math.Pow(length, options.LengthPower);
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
    public float RecencyOf(int session) => _recency[(int)(session * _agesPerSession)];

    /// <summary>The same, with the session's length.</summary>
    public float WeightOf(int session)
    {
        float recency = RecencyOf(session);
        if (Options.LengthPower == 0)
        {
            return recency;
        }

        int length = _index.VisitsOf(session).Length;
        return (float)(recency / (length < _lengths.Length ? _lengths[length] : Math.Pow(length, Options.LengthPower)));
    }

    /// <summary>What a product adds to the similarity of a session that holds it.</summary>
    public float[] Common { get; }

    /// <summary>What the rarity of a recommended product is worth.</summary>
    public float[] Candidate { get; }

    /// <summary>By steps after the common product; it stands at <see cref="MaxSteps"/>.</summary>
    public float[] Distance { get; } = new float[MaxSteps * 2];

    /// <summary>By steps back in the session that is asked about.</summary>
    public float[] StepBack { get; } = new float[MaxSteps];
}
