using System.Globalization;

namespace Fecom.Testing.Chaos;

/// <summary>What happens to a server of the pipeline.</summary>
public enum FaultKind
{
    /// <summary>kill -9 of the host, and of the embedded broker where it owns it; started again.</summary>
    HostKilled,

    /// <summary>kill -9 of PostgreSQL; started again on the same data.</summary>
    PostgresKilled,

    /// <summary>kill -9 of Redis; started again from a snapshot that is somewhat older.</summary>
    RedisRestarted,

    /// <summary>kill -9 of Redis; started again empty.</summary>
    RedisWiped,

    /// <summary>FLUSHALL while Redis runs: no connection breaks.</summary>
    RedisFlushed,

    /// <summary>Redis holds its connections and does not answer.</summary>
    RedisHeld,

    /// <summary>The broker's connections are cut, and new ones refused; its log stays. Only where the harness owns it.</summary>
    BrokerCut,

    /// <summary>kill -9 of one of three real brokers; started again on its data.</summary>
    BrokerKilled,

    /// <summary>One of three real brokers is stopped as for an upgrade, handing its leaders over, and started again.</summary>
    BrokerRestarted,

    /// <summary>One of three real brokers holds its connections and does not answer, for half a minute.</summary>
    BrokerPaused,

    /// <summary>kill -9 of all real brokers at once; started again after two minutes.</summary>
    AllBrokersDown,

    /// <summary>A partition of the event topics gets another of the real brokers for its leader.</summary>
    LeaderMoved,
}

/// <summary>The process that a fault strikes; one is repaired before it is struck again.</summary>
public enum FaultTarget
{
    Host,
    Postgres,
    Redis,
    Broker,
}

/// <summary>One fault of a plan, in its order.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Row">The fault waits until a row of the file from here on is in bronze; 0 when it follows the fault before at once.</param>
/// <param name="Delay">And then this long.</param>
/// <param name="Lasting">From the strike until its end: the server is started again, or let go on.</param>
/// <param name="Which">Among several of its kind: the real broker, from 1 on, or the partition.</param>
public sealed record Fault(FaultKind Kind, long Row, TimeSpan Delay, TimeSpan Lasting, int? Which = null)
{
    /// <summary>Whom it strikes.</summary>
    public FaultTarget Target =>
        Kind switch
        {
            FaultKind.HostKilled => FaultTarget.Host,
            FaultKind.PostgresKilled => FaultTarget.Postgres,
            FaultKind.BrokerCut => FaultTarget.Broker,
            _ when IsOfRealBrokers(Kind) => FaultTarget.Broker,
            _ => FaultTarget.Redis,
        };

    /// <summary>Whether the kind strikes brokers that run in processes of their own.</summary>
    public static bool IsOfRealBrokers(FaultKind kind) =>
        kind
            is FaultKind.BrokerKilled
                or FaultKind.BrokerRestarted
                or FaultKind.BrokerPaused
                or FaultKind.AllBrokersDown
                or FaultKind.LeaderMoved;

    /// <summary>The kind in words.</summary>
    public static string Name(FaultKind kind) =>
        kind switch
        {
            FaultKind.HostKilled => "host killed",
            FaultKind.PostgresKilled => "PostgreSQL killed",
            FaultKind.RedisRestarted => "Redis restarted from a snapshot",
            FaultKind.RedisWiped => "Redis wiped",
            FaultKind.RedisFlushed => "Redis flushed",
            FaultKind.RedisHeld => "Redis held still",
            FaultKind.BrokerCut => "broker cut off",
            FaultKind.BrokerKilled => "one broker of three killed",
            FaultKind.BrokerRestarted => "one broker of three restarted",
            FaultKind.BrokerPaused => "one broker of three paused",
            FaultKind.AllBrokersDown => "all brokers gone",
            FaultKind.LeaderMoved => "a partition's leader moved",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };

    /// <summary>The fault in a line.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Name(Kind)}{(Which is { } which ? $" ({which})" : "")} {(Row > 0 ? $"at row {Row} + " : "")}{Delay.TotalSeconds:0.00} s{(Row > 0 ? "" : " after that")}, for {Lasting.TotalSeconds:0.00} s"
        );
}
