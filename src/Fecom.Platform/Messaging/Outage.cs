using System.Net.Sockets;
using Confluent.Kafka;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.Platform.Messaging;

/// <summary>Tells a server that is away, full or starting, and another host that was faster, from a message that cannot be processed.</summary>
public static class Outage
{
    /// <summary>Whether waiting can help: the cause is a server or another host, not the message.</summary>
    public static bool Is(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (IsOne(e))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOne(Exception e) =>
        e switch
        {
            // 53: insufficient resources such as a full disk; 57P: shutting down or starting; 25006: read-only after a failover;
            // 25P03: this host stood still in the middle of a transaction.
            PostgresException postgres => postgres.IsTransient
                || postgres.SqlState.StartsWith("53", StringComparison.Ordinal)
                || postgres.SqlState.StartsWith("57P", StringComparison.Ordinal)
                || postgres.SqlState is "25006" or "25P03" or "58030",
            NpgsqlException => true,
            RedisConnectionException => true,
            // LOADING, READONLY, OOM, MISCONF (a disk that Redis cannot write to), BUSY, CLUSTERDOWN: the server's state.
            RedisServerException redis => ServerStates.Any(state => redis.Message.StartsWith(state, StringComparison.Ordinal)),
            TopicUnavailableException or KafkaException => true,
            SocketException or TimeoutException or IOException => true,
            // Another host was first: no message's fault, and read again it goes well.
            SinkFencedException or SinkConflictException => true,
            _ => false,
        };

    private static readonly string[] ServerStates = ["LOADING", "READONLY", "OOM", "MISCONF", "BUSY", "CLUSTERDOWN", "MASTERDOWN"];
}
