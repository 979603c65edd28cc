using Fecom.Platform.Messaging;
using Xunit;

namespace Fecom.UnitTests.Platform;

public sealed class TopicFitTests
{
    [Theory]
    [InlineData("cleanup.policy", "compact", true, "cleanup.policy=delete")]
    [InlineData("cleanup.policy", "compact,delete", true, "cleanup.policy=delete")]
    [InlineData("max.message.bytes", "1048588", false, "max.message.bytes=2097152")]
    [InlineData("retention.ms", "3600000", false, "retention.ms=604800000")]
    [InlineData("retention.bytes", "1073741824", false, "retention.bytes=-1")]
    [InlineData("unclean.leader.election.enable", "true", false, "unclean.leader.election.enable=false")]
    [InlineData("min.insync.replicas", "1", false, "min.insync.replicas=2")]
    [InlineData("min.insync.replicas", "3", false, "min.insync.replicas=2")]
    public void Look_WhenOneSettingDoesNotFit_NamesItWithTheCommandThatMendsIt(
        string setting,
        string value,
        bool loses,
        string wanted
    )
    {
        TopicFinding finding = Assert.Single(TopicFit.Check(State(3, (setting, value)), 3, "broker:9092"));

        Assert.Equal((setting, value, loses), (finding.Setting, finding.Value, finding.LosesEvents));
        Assert.Equal(
            $"kafka-configs.sh --bootstrap-server broker:9092 --alter --entity-type topics --entity-name t --add-config {wanted}",
            finding.Command
        );
    }

    [Theory]
    [InlineData("retention.ms", "-1")]
    [InlineData("retention.ms", "86400000")]
    [InlineData("cleanup.policy", "delete")]
    [InlineData("unclean.leader.election.enable", "false")]
    [InlineData("max.message.bytes", "10485760")]
    public void Look_WhenSettingsFit_FindsNothing(string setting, string value) =>
        Assert.Empty(TopicFit.Check(State(3, (setting, value)), 3, "broker:9092"));

    [Fact]
    public void Look_WhenReplicasAreFewerThanConfigured_SaysSo()
    {
        TopicFinding finding = Assert.Single(TopicFit.Check(State(1), 3, "broker:9092"));

        Assert.Equal(("replicas", "1"), (finding.Setting, finding.Value));
    }

    /// <summary>As Fecom creates it on three brokers, but for one setting.</summary>
    private static TopicState State(int replicas, params (string Setting, string Value)[] others)
    {
        Dictionary<string, string> settings = new(StringComparer.Ordinal)
        {
            ["cleanup.policy"] = "delete",
            ["max.message.bytes"] = "2097152",
            ["retention.ms"] = "604800000",
            ["retention.bytes"] = "-1",
            ["min.insync.replicas"] = "2",
        };
        foreach ((string setting, string value) in others)
        {
            settings[setting] = value;
        }

        return new TopicState("t", replicas, settings);
    }
}
