namespace Fecom.Testing.Chaos;

/// <summary>The faults of one run: a seed always gives the same ones.</summary>
/// <param name="Seed">What it was made from; the run's input comes from it too.</param>
/// <param name="BrokerOutlivesHost">The harness owns the embedded broker and the host joins it; else it lives and dies with the host.</param>
/// <param name="Faults">In the order in which they strike.</param>
public sealed record ChaosPlan(int Seed, bool BrokerOutlivesHost, IReadOnlyList<Fault> Faults)
{
    private const int FewestMoments = 3;
    private const int MostMoments = 5;
    private const int MostFaults = 8;
    private const double FollowedClosely = 0.4;
    private const double BrokerOutlives = 0.5;

    /// <summary>A kind's share of the faults, and the longest that one lasts.</summary>
    private static readonly (FaultKind Kind, int Weight, double MostSeconds)[] Kinds =
    [
        (FaultKind.HostKilled, 4, 1),
        (FaultKind.PostgresKilled, 3, 1.5),
        (FaultKind.RedisRestarted, 2, 2),
        (FaultKind.RedisWiped, 2, 2),
        (FaultKind.RedisFlushed, 2, 0),
        (FaultKind.RedisHeld, 1, 6),
        (FaultKind.BrokerCut, 5, 4),
    ];

    /// <summary>Makes the plan of a seed.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="rows">Rows of the file: moments are places in it.</param>
    public static ChaosPlan Of(int seed, long rows)
    {
        Random random = new(seed);
        bool outlives = random.NextDouble() < BrokerOutlives;
        long[] moments = new long[random.Next(FewestMoments, MostMoments + 1)];
        for (int i = 0; i < moments.Length; i++)
        {
            moments[i] = 1 + (long)(rows * (0.01 + (0.95 * random.NextDouble())));
        }

        List<Fault> faults = [];
        foreach (long row in moments.Order())
        {
            if (faults.Count == MostFaults)
            {
                break;
            }

            faults.Add(Next(random, outlives, row, mostDelay: 0.3));
            while (random.NextDouble() < FollowedClosely && faults.Count < MostFaults)
            {
                // Mostly before what it follows has been recovered from.
                faults.Add(Next(random, outlives, row: 0, mostDelay: 4));
            }
        }

        return new ChaosPlan(seed, outlives, faults);
    }

    /// <summary>The faults, one a line.</summary>
    public override string ToString() =>
        string.Join(
            '\n',
            Faults.Select((fault, i) => $"  {i + 1}. {fault}").Prepend(BrokerOutlivesHost ? "  The broker outlives the host." : "  The broker dies with the host.")
        );

    private static Fault Next(Random random, bool brokerOutlivesHost, long row, double mostDelay)
    {
        (FaultKind Kind, int Weight, double MostSeconds)[] kinds = [.. Kinds.Where(kind => brokerOutlivesHost || kind.Kind != FaultKind.BrokerCut)];
        int at = random.Next(kinds.Sum(kind => kind.Weight));
        (FaultKind kind, _, double mostSeconds) = kinds.First(kind => (at -= kind.Weight) < 0);
        return new Fault(kind, row, Seconds(random, mostDelay), Seconds(random, mostSeconds));
    }

    private static TimeSpan Seconds(Random random, double most) => TimeSpan.FromMilliseconds(Math.Round(1_000 * most * random.NextDouble()));
}
