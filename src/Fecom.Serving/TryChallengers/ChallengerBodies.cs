using System.ComponentModel.DataAnnotations;

namespace Fecom.Serving.TryChallengers;

/// <summary>How much of the traffic a challenger is to have.</summary>
/// <param name="CanaryShare">Share of the visitors whom it answers, 0 to 1: always the same ones, by the user, or by the session where no user is named.</param>
/// <param name="ShadowShare">Share of the champion's answers that it gives too, 0 to 1: logged, not shown.</param>
/// <param name="Reason">Why, for whoever looks later.</param>
/// <param name="Replaces">The version of the setting that this one is made from: if another holds by now, nothing changes and the answer is 409. Null replaces whichever holds.</param>
internal sealed record ChallengerChange(
    [property: Required, Range(0.0, 1.0)] double? CanaryShare,
    [property: Required, Range(0.0, 1.0)] double? ShadowShare,
    [property: MaxLength(ChallengersApi.MaxReason)] string? Reason = null,
    int? Replaces = null
);

/// <summary>A setting of a challenger, and who made it.</summary>
internal sealed record ChallengerSetting
{
    /// <summary>Counts the settings of the model, from 1.</summary>
    public required int Version { get; init; }

    /// <summary>When.</summary>
    public required DateTime ChangedAt { get; init; }

    /// <summary>Who.</summary>
    public required string ChangedBy { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>Share of the visitors whom the challenger answers.</summary>
    public required double CanaryShare { get; init; }

    /// <summary>Share of the champion's answers that it gives too, unseen.</summary>
    public required double ShadowShare { get; init; }
}

/// <summary>Settings of a challenger.</summary>
/// <param name="Changes">Newest first.</param>
/// <param name="Next">The cursor of the page that follows; null on the last one.</param>
internal sealed record ChallengerChanges(IReadOnlyList<ChallengerSetting> Changes, string? Next);

/// <summary>What is tried beside the champions.</summary>
/// <param name="Challengers">One of each model.</param>
internal sealed record ChallengerList(IReadOnlyList<ChallengerAnswer> Challengers);

/// <summary>What is tried beside the champion of a model.</summary>
/// <param name="Model">The model.</param>
/// <param name="ChampionVersion">The version that serves; null while none does.</param>
/// <param name="ChallengerVersion">The version that the alias challenger stands for; null while it stands for none, or the champion is newer.</param>
/// <param name="State"><c>none</c>; <c>waiting</c> while its shares are 0; <c>loading</c>; <c>ready</c>; <c>cannot_be_loaded</c>, and the champion answers everybody.</param>
/// <param name="StateReason">Why it cannot be loaded; else null.</param>
/// <param name="CanaryShare">Share of the visitors whom it answers.</param>
/// <param name="ShadowShare">Share of the champion's answers that it gives too, unseen.</param>
/// <param name="Setting">The version of the setting; 0 where it is the host's (<c>Serving:Challenger</c>).</param>
/// <param name="Failed">Times that it failed on this host since its start, and the champion answered.</param>
/// <param name="FailedReason">Why it failed last; null when it did not.</param>
/// <param name="Shadows">Its unseen answers on this host since its start.</param>
internal sealed record ChallengerAnswer(
    string Model,
    int? ChampionVersion,
    int? ChallengerVersion,
    [property: AllowedValues("none", "waiting", "loading", "ready", "cannot_be_loaded")] string State,
    string? StateReason,
    double CanaryShare,
    double ShadowShare,
    int Setting,
    long Failed,
    string? FailedReason,
    ShadowCounts Shadows
);

/// <summary>Unseen answers on a host since its start.</summary>
/// <param name="Answered">Given.</param>
/// <param name="Dropped">Not given, because too many waited.</param>
/// <param name="Failed">Not given, because the challenger failed.</param>
internal sealed record ShadowCounts(long Answered, long Dropped, long Failed);

/// <summary>Unseen answers beside those that were shown.</summary>
/// <param name="Model">The model.</param>
/// <param name="Days">By day and pair of versions, newest first.</param>
internal sealed record ChallengerComparison(string Model, IReadOnlyList<ComparedDay> Days);

/// <summary>A day of unseen answers.</summary>
internal sealed record ComparedDay
{
    /// <summary>Begin of the day, UTC.</summary>
    public required DateTime DayAt { get; init; }

    /// <summary>The version that was shown; null of the purchase model, whose log has it by the day, and where none had a part.</summary>
    public int? ChampionVersion { get; init; }

    /// <summary>The version that was not.</summary>
    public required int ChallengerVersion { get; init; }

    /// <summary>Answers: predictions or recommendations.</summary>
    public required long Answers { get; init; }

    /// <summary>Of the purchase model: the mean probability that was shown.</summary>
    public double? ShownMean { get; init; }

    /// <summary>Of the purchase model: the mean probability that was not.</summary>
    public double? ChallengerMean { get; init; }

    /// <summary>Of the purchase model: by how much both differ on average.</summary>
    public double? MeanDifference { get; init; }

    /// <summary>Of the purchase model: how both go together, -1 to 1; null with fewer than two.</summary>
    public double? Correlation { get; init; }

    /// <summary>Of the recommender: share of the first ten products that both lists have.</summary>
    public double? Overlap { get; init; }

    /// <summary>Of the recommender: products that were shown and clicked on.</summary>
    public long? Clicked { get; init; }

    /// <summary>Of the recommender: mean of 1 by the place at which the list that was shown has what was clicked on.</summary>
    public double? ShownReciprocalRank { get; init; }

    /// <summary>Of the recommender: the same of the list that was not shown; 0 for a product that it does not have. A product that nobody was shown cannot be clicked on, which speaks for what was shown.</summary>
    public double? ChallengerReciprocalRank { get; init; }
}
