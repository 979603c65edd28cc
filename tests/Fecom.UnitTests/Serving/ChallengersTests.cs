using Fecom.Learning.Recommend;
using Fecom.Serving;
using Fecom.Serving.LoadModels;
using Fecom.Serving.RecommendProducts;
using Fecom.Serving.RunExperiments;
using Fecom.Serving.TryChallengers;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fecom.UnitTests.Serving;

/// <summary>The recommender has no champion and version 7 as its challenger.</summary>
public sealed class ChallengersTests
{
    private readonly ModelSlot<Recommender> _slot = new(Recommender.Kind, Recommender.Load);
    private readonly IOptions<ChallengerOptions> _options = Options.Create(
        new ChallengerOptions { MaxWaitingShadows = 10 }
    );

    private readonly Challengers _challengers;
    private readonly ShadowQueue _shadows;

    public ChallengersTests()
    {
        _challengers = new Challengers([_slot], _options, TimeProvider.System);
        _shadows = new ShadowQueue(_options, new TestMeters());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void CanaryFor_IsForTheShareOfTheVisitors_AlwaysTheSame(double share)
    {
        Set(canary: share, shadow: 0);

        int[] canaries = [.. Enumerable.Range(0, 10_000).Where(i => IsCanary($"user {i}"))];

        Assert.Equal(share, canaries.Length / 10_000d, tolerance: 0.015);
        Assert.All(canaries, i => Assert.True(IsCanary($"user {i}")));
        Set(canary: Math.Min(1, share * 2), shadow: 0);
        Assert.All(canaries, i => Assert.True(IsCanary($"user {i}"), "A larger share keeps those of a smaller one."));
    }

    [Fact]
    public void CanaryFor_GoesByTheUser_ElseByTheSession_ElseIsForNobody()
    {
        Set(canary: 0.5, shadow: 0);
        string user = Enumerable.Range(0, 100).Select(i => $"{i}").First(IsCanary);

        Assert.NotNull(_challengers.CanaryFor(Recommender.Kind, new AnswerUnit(user, "a")));
        Assert.NotNull(_challengers.CanaryFor(Recommender.Kind, new AnswerUnit(user, "b")));
        Assert.Contains(
            Enumerable.Range(0, 100),
            i => _challengers.CanaryFor(Recommender.Kind, new AnswerUnit(null, $"{i}")) is not null
        );
        Assert.Null(_challengers.CanaryFor(Recommender.Kind, new AnswerUnit(null, null)));
    }

    [Fact]
    public void Answer_WhenTheChallengerFails_IsTheChampions_AndRestsIt()
    {
        Set(canary: 1, shadow: 0);
        int asked = 0;
        RecommendationAnswer Ask(AnswerPlan plan)
        {
            asked += plan.ModelVersion is null ? 0 : 1;
            return plan.ModelVersion is null ? Given(3) : throw new InvalidDataException("planted");
        }

        for (int i = 0; i < 8; i++)
        {
            Assert.Equal(3, Planned().Answer("session", new AnswerUnit("u", null), Ask).Model.Version);
        }

        Assert.Equal(5, asked);
        KeyValuePair<WantedVersion, ChallengerFailures> failure = Assert.Single(_challengers.Failures);
        Assert.Equal((7, 5, "planted"), (failure.Key.Version, failure.Value.All, failure.Value.Reason));
    }

    [Fact]
    public async Task Health_TellsOfAChallengerThatFailed_ForFiveMinutes()
    {
        SetTime time = new();
        Challengers challengers = new([_slot], _options, time);
        ChallengerHealthCheck health = new(challengers, time);
        challengers.Failed(new WantedVersion(Recommender.Kind, 7), new InvalidDataException("planted"));

        HealthCheckResult failing = await health.CheckHealthAsync(new(), TestContext.Current.CancellationToken);
        time.Now += TimeSpan.FromMinutes(5);
        HealthCheckResult later = await health.CheckHealthAsync(new(), TestContext.Current.CancellationToken);

        Assert.Equal((HealthStatus.Degraded, HealthStatus.Healthy), (failing.Status, later.Status));
        Assert.Equal(
            "recommender version 7 failed 1 times, and the champion answered in its place: planted",
            failing.Description
        );
    }

    [Fact]
    public void Answer_WhenTheChallengerFails_SaysSoInTheAnswer()
    {
        Set(canary: 1, shadow: 0);

        RecommendationAnswer answer = Planned()
            .Answer(
                "session",
                new AnswerUnit("u", null),
                plan => plan.ModelVersion is null ? Given(3) : throw new InvalidDataException("planted")
            );

        Assert.Equal(["Version 7 failed, and this version answered in its place."], answer.Model.Notes);
    }

    [Fact]
    public void Answer_HasTheShareGivenUnseenToo_UntilTooManyWait()
    {
        Set(canary: 0, shadow: 0.5);

        for (int i = 0; i < 40; i++)
        {
            Assert.Equal(3, Planned().Answer("session", new AnswerUnit("u", null), _ => Given(3)).Model.Version);
        }

        int waiting = 0;
        while (_shadows.Take() is not null)
        {
            waiting++;
        }

        Assert.Equal((10, 10), (waiting, _shadows.CountsOf(Recommender.Kind).Dropped));
        Assert.Null(_shadows.Take());
    }

    [Fact]
    public void Shadow_HasBothLists()
    {
        Set(canary: 0, shadow: 1);
        RecommendationAnswer shown = Planned()
            .Answer(
                "session",
                new AnswerUnit("u", null),
                plan => plan.ModelVersion is null ? Given(3, "a", "b") : Given(7, "b", "c")
            );

        ShadowRecommendation unseen = _shadows.Take()!.Answer()!;

        Assert.Equal(shown.RecommendationId, unseen.Id);
        Assert.Equal((3, 7), (unseen.ChampionVersion, unseen.ChallengerVersion));
        Assert.Equal(["a", "b"], unseen.Products);
        Assert.Equal(["b", "c"], unseen.ChallengerProducts);
        Assert.Equal(2, unseen.ChallengerScores.Length);
    }

    private PlannedRecommender Planned() =>
        new(
            new Experiments(_slot, TimeProvider.System),
            _challengers,
            _shadows,
            NullLogger<PlannedRecommender>.Instance
        );

    private bool IsCanary(string user) =>
        _challengers.CanaryFor(Recommender.Kind, new AnswerUnit(user, null)) is not null;

    private void Set(double canary, double shadow) =>
        _challengers.Take([
            new ChallengerRow
            {
                Model = Recommender.Kind,
                Version = 7,
                Promotion = 1,
                Setting = 1,
                CanaryShare = canary,
                ShadowShare = shadow,
            },
        ]);

    private static RecommendationAnswer Given(int version, params string[] products) =>
        new(
            Guid.CreateVersion7(),
            new AnsweringModel(Recommender.Kind, version, []),
            [.. products.Select(id => new RecommendedProduct(id, 1, "trending", "visited most lately"))],
            Fallback: null,
            FallbackReason: null,
            RulesVersion: 0,
            Experiment: null,
            LeftOut: null
        );

    private sealed class SetTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
