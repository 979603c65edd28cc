using System.Net.Sockets;
using Confluent.Kafka;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.Platform.Messaging;

/// <summary>Tells failures that waiting can cure (a server that is unavailable, full or starting, another host that was faster) from a message that cannot be processed.</summary>
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

    /// <summary>Whether one statement needed more than PostgreSQL grants it: locks, memory, its own limits. With fewer rows it may succeed.</summary>
    public static bool IsTooMuchAtOnce(Exception exception) =>
        Find<PostgresException>(exception) is { SqlState: { } state }
        && (state == "53200" || state.StartsWith("54", StringComparison.Ordinal));

    /// <summary>Whether a statement was cancelled, or waited or took longer than it may.</summary>
    public static bool IsTimeout(Exception exception) =>
        Find<PostgresException>(exception) is { SqlState: "57014" or "55P03" }
        || (Find<NpgsqlException>(exception) is not null && Find<TimeoutException>(exception) is not null);

    private static T? Find<T>(Exception exception)
        where T : Exception
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is T found)
            {
                return found;
            }
        }

        return null;
    }

    private static bool IsOne(Exception e) =>
        e switch
        {
            PostgresException postgres => !BlamesValues(postgres.SqlState),
            NpgsqlException => true,
            // A call that nobody here cancelled: a timeout.
            OperationCanceledException => true,
            RedisConnectionException => true,
            // LOADING, READONLY, OOM, MISCONF (a disk that Redis cannot write to), BUSY, CLUSTERDOWN: the server's state.
            RedisServerException redis => ServerStates.Any(state =>
                redis.Message.StartsWith(state, StringComparison.Ordinal)
            ),
            TopicUnavailableException or KafkaException => true,
            SocketException or TimeoutException or IOException => true,
            // Another host was first: no message's fault, and a retry succeeds.
            SinkFencedException or SinkConflictException => true,
            _ => false,
        };

    /// <summary>
    /// Whether PostgreSQL rejects the values. All other classes concern its own state or its administration: a role that may not log in
    /// (28), no resources (53), a lock (55), a cancelled or timed-out statement (57014), a failing disk (58), a table or a right
    /// that is missing.
    /// </summary>
    private static bool BlamesValues(string state) =>
        state is not ("42501" or "42P01" or "42703")
        && ValueClasses.Any(kind => state.StartsWith(kind, StringComparison.Ordinal));

    /// <summary>Classes of SQLSTATE: data exceptions, violated constraints, limits of a row or statement, and errors in our own statement.</summary>
    private static readonly string[] ValueClasses = ["0A", "21", "22", "23", "42", "44", "54", "P0"];

    private static readonly string[] ServerStates =
    [
        "LOADING",
        "READONLY",
        "OOM",
        "MISCONF",
        "BUSY",
        "CLUSTERDOWN",
        "MASTERDOWN",
    ];
}
