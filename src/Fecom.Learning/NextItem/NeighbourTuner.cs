namespace Fecom.Learning.NextItem;

/// <summary>Finds a shop's own weights of session neighbours: one after the other takes the value that puts what came next higher.</summary>
internal sealed class NeighbourTuner(
    SessionIndex index,
    IReadOnlyList<NextItemCase> cases,
    int threads,
    CancellationToken cancellationToken
)
{
    /// <summary>Places that count.</summary>
    private const int Places = 20;

    /// <summary>What must be gained for a value to be taken: chance moves some thousand cases by as much.</summary>
    private const double MinGain = 0.0005;

    private static readonly (Func<NeighbourOptions, double, NeighbourOptions> With, double[] Values)[] Choices =
    [
        ((o, v) => o with { Recency = v }, [0, 0.3, 1, 2, 4, 8]),
        ((o, v) => o with { SameWeight = v }, [0.02, 0.2, 0.5, 1]),
        ((o, v) => o with { RarityPower = v }, [0.5, 1, 2, 3, 4, 6]),
        ((o, v) => o with { QueryDecay = v }, [0.25, 0.4, 0.7, 1.2, 2, 4]),
        ((o, v) => o with { BackwardWeight = v }, [0.2, 0.4, 0.6, 0.9]),
        ((o, v) => o with { ForwardDecay = v }, [0.8, 1.3, 2, 4]),
        ((o, v) => o with { BackwardDecay = v }, [0.8, 1.3, 2, 4]),
        ((o, v) => o with { CandidateRarityPower = v }, [0, 0.25, 0.5, 1]),
        ((o, v) => o with { LengthPower = v }, [0, 0.25, 0.5]),
        ((o, v) => o with { Neighbours = (int)v }, [200, 500, 1_000, 2_000]),
        ((o, v) => o with { SessionsPerProduct = (int)v }, [2_000, 5_000]),
    ];

    /// <summary>Tries values around the options that are given.</summary>
    public NeighbourOptions Tune(NeighbourOptions options)
    {
        double best = Quality(options);
        foreach ((Func<NeighbourOptions, double, NeighbourOptions> with, double[] values) in Choices)
        {
            NeighbourOptions chosen = options;
            foreach (double value in values)
            {
                NeighbourOptions tried = with(options, value);
                double quality = tried == options ? 0 : Quality(tried);
                if (quality > best + MinGain)
                {
                    (best, chosen) = (quality, tried);
                }
            }

            options = chosen;
        }

        return options;
    }

    /// <summary>Hit rate and mean reciprocal rank of the neighbours alone, added up.</summary>
    internal double Quality(NeighbourOptions options)
    {
        NeighbourWeights weights = new(index, options);
        double[] gains = new double[cases.Count];
        Parallel.For(
            0,
            cases.Count,
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken },
            () =>
                (
                    Source: new NeighbourSource(index, weights),
                    Table: new ScoreTable(index.Products),
                    Query: new SessionQuery()
                ),
            (i, _, local) =>
            {
                local.Table.Clear();
                local.Query.Set(index, index.Log[cases[i].Session][..cases[i].Length]);
                if (!local.Query.Visits.IsEmpty)
                {
                    local.Source.Score(local.Query, local.Table);
                }

                int rank = RankOf(local.Table, index.Log[cases[i].Session][cases[i].Length]);
                gains[i] = rank is > 0 and <= Places ? 1 + (1.0 / rank) : 0;
                return local;
            },
            _ => { }
        );
        return gains.Average();
    }

    /// <returns>The product's place, the first named first where scores are the same; 0 when it is not named.</returns>
    private static int RankOf(ScoreTable table, int product)
    {
        int row = table.Find(product);
        if (row < 0)
        {
            return 0;
        }

        float own = table.Row(row)[(int)CandidateSignal.Neighbours];
        int rank = 1;
        for (int other = 0; other < table.Count; other++)
        {
            float score = table.Row(other)[(int)CandidateSignal.Neighbours];
            rank += score > own || (score == own && other < row) ? 1 : 0;
        }

        return rank;
    }
}
