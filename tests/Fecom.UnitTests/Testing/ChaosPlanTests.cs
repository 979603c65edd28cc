using Fecom.Testing.Chaos;
using Xunit;

namespace Fecom.UnitTests.Testing;

/// <summary>The chaos harness's plans: what a printed seed must give again, and what the seeds together must try.</summary>
public sealed class ChaosPlanTests
{
    private const long Rows = 200_000;

    private static readonly ChaosPlan[] Plans = [.. Enumerable.Range(1, 200).Select(seed => ChaosPlan.Of(seed, Rows))];

    [Fact]
    public void Of_WhenTheSeedIsTheSame_GivesTheSameFaults()
    {
        foreach (ChaosPlan plan in Plans)
        {
            Assert.Equal(plan.Faults, ChaosPlan.Of(plan.Seed, Rows).Faults);
        }
    }

    [Fact]
    public void Of_WhenTheSeedIsAnother_GivesOtherFaults() =>
        Assert.Equal(Plans.Length, Plans.Select(plan => plan.ToString()).Distinct(StringComparer.Ordinal).Count());

    [Fact]
    public void Of_OverTwentySeeds_HasEveryKind() =>
        Assert.Equal(
            Enum.GetValues<FaultKind>().Where(kind => !Fault.IsOfRealBrokers(kind)),
            Plans.Take(20).SelectMany(plan => plan.Faults).Select(fault => fault.Kind).Distinct().Order()
        );

    [Fact]
    public void OfRealBrokers_OverFiveSeeds_HasEveryFaultOfBrokersAsItIsPromised()
    {
        ChaosPlan[] plans = [.. Enumerable.Range(1, 200).Select(seed => ChaosPlan.OfRealBrokers(seed, Rows))];

        for (int first = 0; first < plans.Length - 5; first++)
        {
            Assert.Equal(
                Enum.GetValues<FaultKind>().Where(Fault.IsOfRealBrokers),
                plans
                    .Skip(first)
                    .Take(5)
                    .SelectMany(plan => plan.Faults)
                    .Select(fault => fault.Kind)
                    .Where(Fault.IsOfRealBrokers)
                    .Distinct()
                    .Order()
            );
        }

        Fault[] faults = [.. plans.SelectMany(plan => plan.Faults)];
        Assert.DoesNotContain(faults, fault => fault.Kind == FaultKind.BrokerCut);
        Assert.All(
            faults.Where(fault => fault.Kind == FaultKind.BrokerPaused),
            fault => Assert.Equal(30, fault.Lasting.TotalSeconds)
        );
        Assert.All(
            faults.Where(fault => fault.Kind == FaultKind.AllBrokersDown),
            fault => Assert.Equal(120, fault.Lasting.TotalSeconds)
        );
        Assert.Equal(
            [1, 2, 3],
            faults
                .Where(fault => fault.Kind == FaultKind.BrokerKilled)
                .Select(fault => fault.Which!.Value)
                .Distinct()
                .Order()
        );
        Assert.All(plans, plan => Assert.Equal(plan.Faults, ChaosPlan.OfRealBrokers(plan.Seed, Rows).Faults));
    }

    [Fact]
    public void Of_CutsTheBrokerOnlyWhereTheHarnessOwnsIt()
    {
        Assert.InRange(Plans.Count(plan => plan.BrokerOutlivesHost), Plans.Length / 4, 3 * Plans.Length / 4);
        Assert.DoesNotContain(
            Plans.Where(plan => !plan.BrokerOutlivesHost).SelectMany(plan => plan.Faults),
            fault => fault.Kind == FaultKind.BrokerCut
        );
    }

    [Fact]
    public void Of_AlwaysStrikesWhileTheFileIsBeingLoaded()
    {
        foreach (ChaosPlan plan in Plans)
        {
            Assert.InRange(plan.Faults.Count, 3, 8);
            Assert.True(plan.Faults[0].Row > 0);
            Assert.All(plan.Faults, fault => Assert.InRange(fault.Row, 0, Rows - 1));
            long[] moments = [.. plan.Faults.Select(fault => fault.Row).Where(row => row > 0)];
            Assert.Equal(moments.Order(), moments);
        }
    }

    [Fact]
    public void Of_OftenHasAFaultThatFollowsAnotherBeforeItIsOver()
    {
        int close = Plans.Count(plan =>
            plan.Faults.Zip(plan.Faults.Skip(1))
                .Any(pair => pair.Second.Row == 0 && pair.Second.Delay < pair.First.Lasting)
        );

        Assert.InRange(close, Plans.Length / 5, Plans.Length);
    }
}
