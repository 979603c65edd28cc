using Fecom.Learning.Recommend;
using Fecom.Serving;
using Fecom.Serving.LoadModels;
using Fecom.Serving.RunExperiments;
using Xunit;

namespace Fecom.UnitTests.Serving;

public sealed class ExperimentsTests
{
    private readonly Experiments _experiments = new(
        new ModelSlot<Recommender>(Recommender.Kind, Recommender.Load),
        TimeProvider.System
    );

    [Fact]
    public void Assign_DividesTheTrafficByTheShares_AndKeepsEachVisitor()
    {
        Run(Body() with { TrafficShare = 0.5 });

        string?[] variants = [.. Enumerable.Range(0, 20_000).Select(i => VariantOf($"{i}"))];

        Assert.Equal(0.5, variants.Count(variant => variant is null) / 20_000d, tolerance: 0.015);
        Assert.Equal(0.35, variants.Count(variant => variant == "control") / 20_000d, tolerance: 0.015);
        Assert.Equal(0.15, variants.Count(variant => variant == "other") / 20_000d, tolerance: 0.015);
        Assert.Equal(variants.Take(100), Enumerable.Range(0, 100).Select(i => VariantOf($"{i}")));
    }

    [Fact]
    public void Assign_DrawsForEachExperimentAnew()
    {
        Run(Body());
        string?[] first = [.. Enumerable.Range(0, 10_000).Select(i => VariantOf($"{i}"))];
        Run(Body() with { Name = "second" });
        string?[] second = [.. Enumerable.Range(0, 10_000).Select(i => VariantOf($"{i}"))];

        int both = first.Zip(second).Count(pair => pair is { First: "other", Second: "other" });
        Assert.Equal(0.09, both / 10_000d, tolerance: 0.015);
    }

    [Fact]
    public void Assign_GoesByTheUserElseTheSession_AndByTheSessionWhereThatIsTheUnit()
    {
        Run(Body());
        Assert.Equal(
            _experiments.Assign("user", new AnswerUnit("u", "a"))!.Exposure.Unit,
            _experiments.Assign("user", new AnswerUnit("u", "b"))!.Exposure.Unit
        );
        Assert.NotNull(_experiments.Assign("user", new AnswerUnit(null, "a")));
        Assert.Null(_experiments.Assign("user", new AnswerUnit(null, null)));
        Assert.Null(_experiments.Assign("similar", new AnswerUnit("u", "a")));

        Run(Body() with { Unit = "session" });
        Assert.Null(_experiments.Assign("user", new AnswerUnit("u", null)));
        Assert.NotEqual(
            _experiments.Assign("user", new AnswerUnit("u", "a"))!.Exposure.Unit,
            _experiments.Assign("user", new AnswerUnit("u", "b"))!.Exposure.Unit
        );
    }

    [Fact]
    public void Assign_WhenAVariantIsStopped_GivesItsVisitorsWhatEverybodyGets()
    {
        Run(Body());
        string[] before = [.. Enumerable.Range(0, 100).Select(i => $"{i}").Where(i => VariantOf(i) == "other")];
        Run(Body(), "other");

        Assert.NotEmpty(before);
        Assert.All(before, i => Assert.Null(VariantOf(i)));
        Assert.Contains(Enumerable.Range(0, 100), i => VariantOf($"{i}") == "control");
    }

    [Fact]
    public void Assign_WhenAVariantsModelIsNotLoaded_LeavesEverybodyOut()
    {
        ExperimentBody body = Body();
        Run(body with { Variants = [body.Variants![0], body.Variants[1]! with { ModelVersion = 9 }] });

        Assert.All(Enumerable.Range(0, 100), i => Assert.Null(VariantOf($"{i}")));
        Assert.Equal([("first", 9)], _experiments.Resting);
        Assert.Equal([new WantedVersion(Recommender.Kind, 9)], _experiments.Wanted);
    }

    [Theory]
    [InlineData("variants[0].share", 0.0, 1.0, "control", "next_item", 1.0)]
    [InlineData("variants", 0.5, 0.6, "control", "next_item", 1.0)]
    [InlineData("variants", 0.5, 0.5, "other", "next_item", 1.0)]
    [InlineData("variants[0].name", 0.5, 0.5, "Control", "next_item", 1.0)]
    [InlineData("variants[0].source_weights", 0.5, 0.5, "control", "next", 1.0)]
    [InlineData("variants[0].source_weights", 0.5, 0.5, "control", "next_item", -1.0)]
    public void Check_NamesTheFieldThatCannotBe(
        string field,
        double share,
        double otherShare,
        string name,
        string source,
        double weight
    )
    {
        Dictionary<string, double> weights = new(StringComparer.Ordinal) { [source] = weight };
        ExperimentBody body = Body() with
        {
            Variants = [new VariantBody(name, share, SourceWeights: weights), new VariantBody("other", otherShare)],
        };

        Assert.Equal([field], ExperimentChecks.Check(body).Keys);
        Assert.Empty(ExperimentChecks.Check(Body()));
    }

    [Fact]
    public void Losing_IsWhatIsSurelyWorse_OnceThereAreEnough()
    {
        VariantSums control = Sums("control", 2_000, 0.1);
        ExperimentVersion version = Version(Body() with { Guard = new GuardBody(MinUnits: 500) });

        Assert.Equal(
            ["other"],
            ExperimentGuard.Losing(version, [control, Sums("other", 2_000, 0.05)]).Select(one => one.Variant)
        );
        Assert.Empty(ExperimentGuard.Losing(version, [control, Sums("other", 2_000, 0.099)]));
        Assert.Empty(ExperimentGuard.Losing(version, [control, Sums("other", 2_000, 0.2)]));
        Assert.Empty(ExperimentGuard.Losing(version, [control, Sums("other", 400, 0.01)]));
        Assert.Empty(
            ExperimentGuard.Losing(version with { StoppedVariants = ["other"] }, [control, Sums("other", 2_000, 0.05)])
        );
    }

    /// <summary>Each unit sees ten products and clicks on one or none.</summary>
    private static VariantSums Sums(string variant, int units, double clickingShare)
    {
        int clicks = (int)(units * clickingShare);
        return VariantSums.None(variant) with
        {
            Units = units,
            Impressions = units * 10,
            ImpressionsSquared = units * 100,
            Clicks = clicks,
            ClicksSquared = clicks,
            ClicksImpressions = clicks * 10,
        };
    }

    private string? VariantOf(string user) =>
        _experiments.Assign("session", new AnswerUnit(user, null))?.Exposure.Variant;

    private void Run(ExperimentBody body, params string[] stopped) =>
        _experiments.Running = [
            new RunningExperiment(
                Version(body) with
                {
                    StoppedVariants = stopped,
                },
                new Dictionary<int, Fecom.Learning.Merchandising.MerchandisingRules>()
            ),
        ];

    private static ExperimentVersion Version(ExperimentBody body) =>
        new("first", 2, "running", TimeProvider.System.GetUtcNow(), "somebody", "a test", [], body);

    private static ExperimentBody Body() =>
        new("first", [new VariantBody("control", 0.7), new VariantBody("other", 0.3)], ExperimentChecks.UsualPlaces);
}
