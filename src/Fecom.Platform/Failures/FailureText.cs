using System.Net.Sockets;
using Confluent.Kafka;
using Fecom.Platform.Hosts;
using Fecom.Platform.Messaging;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.Platform.Failures;

/// <summary>
/// Describes a failure of a server or of the machine to a person: which server it is, and what is wrong with it.
/// Used for an endpoint's state, health, problem documents and one-line log messages; a bug of ours is logged with its stack instead.
/// </summary>
public static class FailureText
{
    private const int NoSpace = 28;
    private const int ReadOnlyFiles = 30;
    private const string ParameterName = " (Parameter '";

    /// <summary>One line without a full stop, about the outermost exception of the chain that is recognised.</summary>
    public static string Of(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (Known(e) is { } text)
            {
                return text;
            }
        }

        return Plain(exception.Message);
    }

    private static string? Known(Exception e) =>
        e switch
        {
            PostgresException postgres => Postgres(postgres),
            NpgsqlException npgsql => Connection(npgsql),
            RedisException redis => Redis(redis),
            TimeoutException timeout when timeout.GetType().Namespace == typeof(RedisException).Namespace =>
                "Redis does not answer in time",
            TopicUnavailableException topic => Plain(topic.Message),
            KafkaException kafka => $"Kafka: {Plain(kafka.Error.Reason)}",
            StartException start => start.Message,
            UnauthorizedAccessException access => $"a file or folder cannot be written: {Plain(access.Message)}",
            IOException file when (file.HResult & 0xffff) == NoSpace => $"the disk is full: {Plain(file.Message)}",
            IOException file when (file.HResult & 0xffff) == ReadOnlyFiles =>
                $"a file or folder cannot be written: {Plain(file.Message)}",
            _ => null,
        };

    private static string Postgres(PostgresException e)
    {
        string text = $"PostgreSQL: {Plain(e.MessageText)} ({e.SqlState})";
        return e.SqlState switch
        {
            PostgresErrorCodes.DiskFull => "PostgreSQL's disk is full",
            PostgresErrorCodes.OutOfMemory when e.MessageText.Contains("shared memory", StringComparison.Ordinal) =>
                "PostgreSQL has no shared memory left for locks; max_locks_per_transaction gives it more",
            PostgresErrorCodes.OutOfMemory => "PostgreSQL has no memory left",
            PostgresErrorCodes.TooManyConnections =>
                "PostgreSQL takes no more connections; max_connections says how many",
            PostgresErrorCodes.InvalidPassword => "PostgreSQL refuses the password",
            PostgresErrorCodes.InvalidAuthorizationSpecification =>
                $"PostgreSQL lets this user or host not in: {Plain(e.MessageText)}",
            PostgresErrorCodes.InsufficientPrivilege => $"PostgreSQL's user lacks a right: {Plain(e.MessageText)}",
            PostgresErrorCodes.CannotConnectNow => "PostgreSQL is starting, or recovers",
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown =>
                "PostgreSQL is shutting down, or somebody ended the connection",
            PostgresErrorCodes.ReadOnlySqlTransaction =>
                "PostgreSQL is read-only: a standby, or default_transaction_read_only",
            PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected =>
                $"PostgreSQL: another transaction holds a lock ({e.SqlState})",
            PostgresErrorCodes.QueryCanceled => $"PostgreSQL has ended the statement: {Plain(e.MessageText)}",
            _ when e.MessageText.Contains("No space left on device", StringComparison.Ordinal) =>
                "PostgreSQL's disk is full",
            _ => text,
        };
    }

    private static string Connection(NpgsqlException e)
    {
        if (e.Message.Contains("pool has been exhausted", StringComparison.Ordinal))
        {
            return "all connections to PostgreSQL are in use";
        }

        return e.InnerException switch
        {
            TimeoutException =>
                "PostgreSQL does not answer in time: a lock that another transaction holds, or a slow disk",
            SocketException socket => $"PostgreSQL does not answer at its address ({Plain(socket.Message)})",
            IOException => "PostgreSQL has closed the connection",
            { } inner when Known(inner) is { } text => text,
            _ => $"PostgreSQL: {Plain(e.Message)}",
        };
    }

    private static string Redis(RedisException e)
    {
        string message = Plain(e.Message);
        bool Says(string word) => e.Message.Contains(word, StringComparison.OrdinalIgnoreCase);
        return e switch
        {
            _ when Says("WRONGPASS") || Says("NOAUTH") || Says("AuthenticationFailure") =>
                "Redis refuses the password in ConnectionStrings:Redis",
            _ when Says("MISCONF") => "Redis cannot write to its disk, and takes no writes until it can",
            RedisServerException when message.StartsWith("OOM", StringComparison.Ordinal) =>
                "Redis is full: maxmemory is reached",
            RedisServerException when message.StartsWith("LOADING", StringComparison.Ordinal) =>
                "Redis is starting: it reads its data",
            RedisServerException when message.StartsWith("READONLY", StringComparison.Ordinal) =>
                "Redis is a replica, and takes no writes",
            RedisServerException => $"Redis: {message}",
            _ => $"Redis does not answer ({message})",
        };
    }

    /// <summary>The first line, without the name of a method's parameter and without a full stop.</summary>
    private static string Plain(string message)
    {
        string line = message.Split('\n', 2)[0].TrimEnd('\r', ' ');
        int parameter = line.IndexOf(ParameterName, StringComparison.Ordinal);
        return (parameter < 0 ? line : line[..parameter]).TrimEnd('.');
    }
}
