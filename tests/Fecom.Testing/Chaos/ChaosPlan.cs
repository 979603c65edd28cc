using Fecom.Contracts;

namespace Fecom.Testing.Chaos;

/// <summary>The faults of one run: a seed always gives the same ones.</summary>
/// <param name="Seed">What it was made from; the run's input comes from it too.</param>
/// <param name="BrokerOutlivesHost">The brokers are real, or the harness owns the embedded one and the host joins it; else that lives and dies with the host.</param>
/// <param name="Faults">In the order in which they strike.</param>
public sealed record ChaosPlan(int Seed, bool BrokerOutlivesHost, IReadOnlyList<Fault> Faults)
{
    /// <summary>The brokers of a real cluster: it bears the loss of one.</summary>
    public const int RealBrokers = 3;

    private const int MinMoments = 3;
    private const int MaxMoments = 5;
    private const int MaxFaults = 8;
    private const double FollowedClosely = 0.4;
    private const double BrokerOutlives = 0.5;

    /// <summary>A kind's share of the faults, and the longest that one lasts.</summary>
    private static readonly (FaultKind Kind, int Weight, double MaxSeconds)[] Kinds =
    [
        (FaultKind.HostKilled, 4, 1),
        (FaultKind.PostgresKilled, 3, 1.5),
        (FaultKind.RedisRestarted, 2, 2),
        (FaultKind.RedisWiped, 2, 2),
        (FaultKind.RedisFlushed, 2, 0),
        (FaultKind.RedisHeld, 1, 6),
        (FaultKind.BrokerCut, 5, 4),
    ];

    /// <summary>The same for three real brokers. That all of them are gone takes its time, so only every fifth seed has it.</summary>
    private static readonly (FaultKind Kind, int Weight, double MaxSeconds)[] KindsOnRealBrokers =
    [
        .. Kinds.Where(kind => kind.Kind != FaultKind.BrokerCut),
        (FaultKind.BrokerKilled, 4, 0),
        (FaultKind.BrokerRestarted, 3, 0),
        (FaultKind.BrokerPaused, 3, 0),
        (FaultKind.LeaderMoved, 3, 0),
    ];

    /// <summary>The first fault of a seed, so that five seeds in a row have each of them.</summary>
    private static readonly FaultKind[] FirstOnRealBrokers =
    [
        FaultKind.AllBrokersDown,
        FaultKind.BrokerKilled,
        FaultKind.BrokerPaused,
        FaultKind.LeaderMoved,
        FaultKind.BrokerRestarted,
    ];

    /// <summary>What becomes of the brokers when the host is killed, in words.</summary>
    public string Brokers =>
        Faults.Any(fault => Fault.IsOfRealBrokers(fault.Kind)) ? "three real brokers"
        : BrokerOutlivesHost ? "the broker outlives the host"
        : "the broker dies with the host";

    /// <summary>The longest that a fault of the plan lasts.</summary>
    public TimeSpan MaxFault => Faults.Max(fault => fault.Lasting);

    /// <summary>Makes the plan of a seed on three real brokers.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="rows">Rows of the file: moments are places in it.</param>
    public static ChaosPlan OfRealBrokers(int seed, long rows)
    {
        Random random = new(seed);
        List<Fault> faults = Draw(random, rows, KindsOnRealBrokers);
        faults[0] = faults[0] with { Kind = FirstOnRealBrokers[Math.Abs(seed % FirstOnRealBrokers.Length)] };
        return new ChaosPlan(seed, BrokerOutlivesHost: true, [.. faults.Select(fault => OnRealBrokers(fault, random))]);
    }

    /// <summary>Makes the plan of a seed.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="rows">Rows of the file: moments are places in it.</param>
    public static ChaosPlan Of(int seed, long rows)
    {
        Random random = new(seed);
        bool outlives = random.NextDouble() < BrokerOutlives;
        return new ChaosPlan(
            seed,
            outlives,
            Draw(random, rows, [.. Kinds.Where(kind => outlives || kind.Kind != FaultKind.BrokerCut)])
        );
    }

    private static List<Fault> Draw(Random random, long rows, (FaultKind Kind, int Weight, double MaxSeconds)[] kinds)
    {
        long[] moments = new long[random.Next(MinMoments, MaxMoments + 1)];
        for (int i = 0; i < moments.Length; i++)
        {
            moments[i] = 1 + (long)(rows * (0.01 + (0.95 * random.NextDouble())));
        }

        List<Fault> faults = [];
        foreach (long row in moments.Order())
        {
            if (faults.Count == MaxFaults)
            {
                break;
            }

            faults.Add(Next(random, kinds, row, maxDelay: 0.3));
            while (random.NextDouble() < FollowedClosely && faults.Count < MaxFaults)
            {
                // Mostly before what it follows has been recovered from.
                faults.Add(Next(random, kinds, row: 0, maxDelay: 4));
            }
        }

        return faults;
    }

    /// <summary>The faults, one a line.</summary>
    public override string ToString() =>
        string.Join('\n', Faults.Select((fault, i) => $"  {i + 1}. {fault}").Prepend($"  {Brokers}"));

    private static Fault Next(
        Random random,
        (FaultKind Kind, int Weight, double MaxSeconds)[] kinds,
        long row,
        double maxDelay
    )
    {
        int at = random.Next(kinds.Sum(kind => kind.Weight));
        (FaultKind kind, _, double maxSeconds) = kinds.First(kind => (at -= kind.Weight) < 0);
        return new Fault(kind, row, Seconds(random, maxDelay), Seconds(random, maxSeconds));
    }

    /// <summary>Whom a fault of real brokers strikes, and for how long.</summary>
    private static Fault OnRealBrokers(Fault fault, Random random) =>
        fault.Kind switch
        {
            FaultKind.BrokerKilled => fault with
            {
                Which = random.Next(1, RealBrokers + 1),
                Lasting = Seconds(random, 20),
            },
            FaultKind.BrokerRestarted => fault with
            {
                Which = random.Next(1, RealBrokers + 1),
                Lasting = Seconds(random, 5),
            },
            FaultKind.BrokerPaused => fault with
            {
                Which = random.Next(1, RealBrokers + 1),
                Lasting = TimeSpan.FromSeconds(30),
            },
            FaultKind.AllBrokersDown => fault with { Lasting = TimeSpan.FromMinutes(2) },
            FaultKind.LeaderMoved => fault with
            {
                Which = random.Next(Topics.EventPartitions),
                Lasting = TimeSpan.Zero,
            },
            _ => fault,
        };

    private static TimeSpan Seconds(Random random, double max) =>
        TimeSpan.FromMilliseconds(Math.Round(1_000 * max * random.NextDouble()));
}
