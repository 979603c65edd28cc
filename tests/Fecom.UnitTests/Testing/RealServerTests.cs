using Fecom.Testing;
using Xunit;

namespace Fecom.UnitTests.Testing;

/// <summary>What a test that skips says to somebody who has none of the servers.</summary>
public sealed class RealServerTests
{
    [Fact]
    public void Missing_WhenTheScriptIsNotThere_NamesItAndTheVariableForAServerOfOnesOwn()
    {
        string? word = RealServer.Missing("nothing/nothing.sh", "FECOM_TEST_NOTHING");

        Assert.Contains("nothing/nothing.sh is not in ", word, StringComparison.Ordinal);
        Assert.EndsWith("name a server of your own in FECOM_TEST_NOTHING.", word, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_WhenNoServerOfOnesOwnWillDo_NamesTheFolderThatIsWanted() =>
        Assert.Contains(
            "FECOM_TEST_SERVERS",
            RealServer.Missing("nothing/nothing.sh", variable: null),
            StringComparison.Ordinal
        );

    [Fact]
    public void Variables_OfTheServers_DoNotMeet() =>
        Assert.Equal(
            ["FECOM_TEST_ELASTICSEARCH", "FECOM_TEST_S3", "FECOM_TEST_SCHEMA_REGISTRY"],
            new[] { RealHttpServerKind.Elasticsearch, RealHttpServerKind.S3, RealHttpServerKind.SchemaRegistry }
                .Select(kind => kind.Variable)
                .Order(StringComparer.Ordinal)
        );
}
