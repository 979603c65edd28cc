using System.Net.Sockets;
using System.Reflection;
using Fecom.Platform.Failures;
using Npgsql;
using StackExchange.Redis;
using Xunit;

namespace Fecom.UnitTests.Platform;

/// <summary>What a person is told of a failure: which server, and what is wrong with it; no word of the framework's.</summary>
public sealed class FailureTextTests
{
    [Theory]
    [InlineData(
        "53100",
        "could not extend file \"base/5/16384\": No space left on device",
        "PostgreSQL's disk is full"
    )]
    [InlineData("58030", "could not write init file: No space left on device", "PostgreSQL's disk is full")]
    [InlineData(
        "53200",
        "out of shared memory",
        "PostgreSQL has no shared memory left for locks; max_locks_per_transaction gives it more"
    )]
    [InlineData(
        "53300",
        "sorry, too many clients already",
        "PostgreSQL takes no more connections; max_connections says how many"
    )]
    [InlineData("28P01", "password authentication failed for user \"fecom\"", "PostgreSQL refuses the password")]
    [InlineData(
        "57014",
        "canceling statement due to statement timeout",
        "PostgreSQL has ended the statement: canceling statement due to statement timeout"
    )]
    [InlineData("57P03", "the database system is starting up", "PostgreSQL is starting, or recovers")]
    [InlineData(
        "23514",
        "no partition of relation \"event\" found for row",
        "PostgreSQL: no partition of relation \"event\" found for row (23514)"
    )]
    public void Of_WhenPostgresRefuses_SaysWhyWithoutRedactedDetail(string state, string message, string expected) =>
        Assert.Equal(
            expected,
            FailureText.Of(
                new InvalidOperationException("wrapped", new PostgresException(message, "ERROR", "ERROR", state))
            )
        );

    [Fact]
    public void Of_WhenAStatementWaitsForALock_NamesTheLockAndNotTheStream() =>
        Assert.Equal(
            "PostgreSQL does not answer in time: a lock that another transaction holds, or a slow disk",
            FailureText.Of(
                new NpgsqlException(
                    "Exception while reading from stream",
                    new TimeoutException("Timeout during reading attempt")
                )
            )
        );

    [Fact]
    public void Of_WhenNobodyListens_SaysSo() =>
        Assert.StartsWith(
            "PostgreSQL does not answer at its address (",
            FailureText.Of(
                new NpgsqlException(
                    "Failed to connect to 127.0.0.1:1",
                    new SocketException((int)SocketError.ConnectionRefused)
                )
            ),
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(
        "WRONGPASS invalid username-password pair or user is disabled.",
        "Redis refuses the password in ConnectionStrings:Redis"
    )]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", "Redis is full: maxmemory is reached")]
    [InlineData(
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
        "Redis cannot write to its disk, and takes no writes until it can"
    )]
    [InlineData("LOADING Redis is loading the dataset in memory", "Redis is starting: it reads its data")]
    public void Of_WhenRedisRefuses_SaysWhy(string message, string expected) =>
        Assert.Equal(expected, FailureText.Of(Refused(message)));

    /// <summary>The client makes these itself, and its constructors are its own.</summary>
    private static RedisServerException Refused(string message) =>
        (RedisServerException)
            Activator.CreateInstance(
                typeof(RedisServerException),
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic,
                null,
                [message],
                null
            )!;

    [Theory]
    [InlineData(28, "No space left on device : '/data/x'", "the disk is full: No space left on device : '/data/x'")]
    [InlineData(
        30,
        "Read-only file system : '/data/x'",
        "a file or folder cannot be written: Read-only file system : '/data/x'"
    )]
    public void Of_WhenAFileCannotBeWritten_NamesTheDisk(int errno, string message, string expected) =>
        Assert.Equal(expected, FailureText.Of(new IOException(message, errno)));

    [Fact]
    public void Of_WhenTheCauseIsUnknown_GivesItsFirstLineWithoutAParametersName() =>
        Assert.Equal(
            "A price is a number",
            FailureText.Of(new FormatException("A price is a number. (Parameter 'text')\nSecond line"))
        );
}
