using Fecom.Training.RegisterModels;
using Xunit;

namespace Fecom.UnitTests.Training;

/// <summary>What health and answers say of a champion.</summary>
public sealed class ChampionNotesTests
{
    private static readonly DateTime Now = new(2026, 11, 26, 12, 0, 0, DateTimeKind.Utc);
    private static readonly PromotedVersion Champion = new(
        "recommender",
        3,
        "",
        "",
        9,
        Now.AddDays(-9),
        [],
        IsDegraded: false
    );

    [Fact]
    public void Of_WhenTrainingsGoOn_SaysNothing() =>
        Assert.Equal("good: ", Text(new() { LastSuccess = Now.AddDays(-1) }));

    [Fact]
    public void Of_WhenNoTrainingSucceeded_IsStale() =>
        Assert.Equal(
            "degraded: No training has succeeded since 2026-11-22 12:00 UTC.",
            Text(new() { LastSuccess = Now.AddDays(-4) })
        );

    [Fact]
    public void Of_WhenTheLastTrainingFailed_SaysWhy() =>
        Assert.Equal(
            "good: The last training failed at 2026-11-26 12:00 UTC: disk full",
            Text(
                new()
                {
                    LastSuccess = Now.AddDays(-1),
                    HasFailed = true,
                    FinishedAt = Now,
                    Error = "disk full",
                }
            )
        );

    [Fact]
    public void Of_WhenNewerVersionsWereRefused_ShowsTheirRunsReason() =>
        Assert.Equal(
            "good: Newer: version 5 is not promoted: HitRate@20 0.1 against 0.5.",
            Text(
                new()
                {
                    LastSuccess = Now,
                    NewestVersion = 5,
                    NewestReport = "version 5 is not promoted: HitRate@20 0.1 against 0.5.",
                }
            )
        );

    [Fact]
    public void Of_WhenTheSampleShouldHaveLeft_IsDegraded() =>
        Assert.Equal(
            "degraded: The shop has enough events of its own by now: the next training leaves the sample out.",
            Text(new() { LastSuccess = Now, IsSampleDue = true })
        );

    [Fact]
    public void Of_KeepsWhatTheVersionSaysOfItself() =>
        Assert.Equal(
            "degraded: Worse than popularity.",
            Text(new() { LastSuccess = Now }, Champion with { Notes = ["Worse than popularity."], IsDegraded = true })
        );

    private static string Text(ChampionNotes.History history, PromotedVersion? champion = null)
    {
        (IReadOnlyList<string> notes, bool isDegraded) = ChampionNotes.Of(
            champion ?? Champion,
            history,
            Now,
            TimeSpan.FromDays(3)
        );
        return $"{(isDegraded ? "degraded" : "good")}: {string.Join(' ', notes)}";
    }
}
