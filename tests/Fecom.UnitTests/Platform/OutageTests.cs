using Fecom.Platform.Messaging;
using Npgsql;
using Xunit;

namespace Fecom.UnitTests.Platform;

public sealed class OutageTests
{
    /// <summary>A cancelled or timed-out statement, a lock, a role that may not log in, no resources, a failing disk, a missing table or right.</summary>
    [Theory]
    [InlineData("57014")]
    [InlineData("55P03")]
    [InlineData("28000")]
    [InlineData("28P01")]
    [InlineData("3D000")]
    [InlineData("53100")]
    [InlineData("53200")]
    [InlineData("53300")]
    [InlineData("58030")]
    [InlineData("58P01")]
    [InlineData("40001")]
    [InlineData("57P01")]
    [InlineData("25006")]
    [InlineData("42501")]
    [InlineData("42P01")]
    [InlineData("XX001")]
    public void Is_WhenPostgresqlIsTheCause_IsTrue(string sqlState) =>
        Assert.True(Outage.Is(new InvalidOperationException("", Error(sqlState))));

    [Theory]
    [InlineData("22021")]
    [InlineData("22P05")]
    [InlineData("23505")]
    [InlineData("23514")]
    [InlineData("54000")]
    [InlineData("42601")]
    public void Is_WhenTheValuesAreTheCause_IsFalse(string sqlState) => Assert.False(Outage.Is(Error(sqlState)));

    [Fact]
    public void Is_OfAClientsTimeout_IsTrue() =>
        Assert.True(
            Outage.Is(new NpgsqlException("", new TimeoutException()))
                && Outage.IsTimeout(new NpgsqlException("", new TimeoutException()))
        );

    private static PostgresException Error(string sqlState) => new("", "ERROR", "ERROR", sqlState);
}
