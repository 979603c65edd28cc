using System.ComponentModel.DataAnnotations;

namespace Fecom.Serving.RunExperiments;

/// <summary>An experiment: visitors are divided at random over variants, and what these earn is compared.</summary>
/// <param name="Name">Small letters, digits, - and _, beginning with a letter; no other experiment has it.</param>
/// <param name="Variants">2 to 8; the first is the control that the others are compared with.</param>
/// <param name="Places">The calls that it is about, as <c>kind</c> names them; by default those for a visit: session, told_session and user. A call is of one running experiment at most.</param>
/// <param name="Unit">What is divided: <c>user</c>, and the session where a call names no user; or <c>session</c>.</param>
/// <param name="TrafficShare">Share of the units that take part, above 0 and up to 1.</param>
/// <param name="Guard">Stops a variant that loses; null lets all run until somebody stops the experiment.</param>
/// <param name="Reason">Why, for whoever looks later.</param>
internal sealed record ExperimentBody(
    [property: Required, Length(1, ExperimentChecks.MaxName)] string? Name,
    [property: Required, Length(ExperimentChecks.MinVariants, ExperimentChecks.MaxVariants)]
        IReadOnlyList<VariantBody?>? Variants,
    [property: MaxLength(5)] IReadOnlyList<string>? Places = null,
    [property: AllowedValues("user", "session")] string Unit = "user",
    [property: Range(0.0, 1.0)] double TrafficShare = 1,
    GuardBody? Guard = null,
    [property: MaxLength(ExperimentChecks.MaxReason)] string? Reason = null
);

/// <summary>What some of the visitors get; what it does not name is as for everybody.</summary>
/// <param name="Name">Small letters, digits, - and _, beginning with a letter; no other variant of the experiment has it.</param>
/// <param name="Share">Its share of those who take part; the shares add up to 1.</param>
/// <param name="ModelVersion">A version of the recommender that an alias has stood for; null for the champion.</param>
/// <param name="RulesVersion">A version of the rules for recommendations; null for those in force.</param>
/// <param name="SourceWeights">By candidate source (<c>next_item</c>, <c>co_visitation</c>, <c>category</c>, <c>content</c>, <c>trending</c>, <c>popularity</c>) what its products' scores are multiplied by, 0 to 100: 0 leaves the source out. Those that are not named keep their scores.</param>
internal sealed record VariantBody(
    [property: Required, Length(1, ExperimentChecks.MaxName)] string? Name,
    [property: Required, Range(0.0, 1.0)] double? Share,
    [property: Range(1, int.MaxValue)] int? ModelVersion = null,
    [property: Range(0, int.MaxValue)] int? RulesVersion = null,
    IReadOnlyDictionary<string, double>? SourceWeights = null
);

/// <summary>When a variant is stopped: when it is surely worse than the control, however often one looks.</summary>
/// <param name="Metric">What it is judged by.</param>
/// <param name="Error">How likely it may be that a variant that is no worse is stopped, over the whole run and all variants.</param>
/// <param name="MinUnits">Units that the control and the variant have before it is judged.</param>
internal sealed record GuardBody(
    [property: AllowedValues("click_rate", "conversion", "revenue_per_session")] string Metric = "click_rate",
    [property: Range(0.0001, 0.5)] double Error = 0.05,
    [property: Range(100, 1_000_000_000)] int MinUnits = 200
);

/// <summary>Why something is done.</summary>
/// <param name="Reason">For whoever looks later.</param>
internal sealed record ExperimentReason([property: MaxLength(ExperimentChecks.MaxReason)] string? Reason = null);

/// <summary>A version of an experiment, and who made it.</summary>
/// <param name="Name">The experiment.</param>
/// <param name="Version">Counts its versions, from 1.</param>
/// <param name="State"><c>draft</c>, <c>running</c> or <c>stopped</c>.</param>
/// <param name="ChangedAt">When.</param>
/// <param name="ChangedBy">Who, or <c>the guard</c>.</param>
/// <param name="Reason">Why.</param>
/// <param name="StoppedVariants">Variants that nobody gets any more.</param>
/// <param name="Definition">What it is.</param>
internal sealed record ExperimentVersion(
    string Name,
    int Version,
    [property: AllowedValues("draft", "running", "stopped")] string State,
    DateTimeOffset ChangedAt,
    string ChangedBy,
    string Reason,
    IReadOnlyList<string> StoppedVariants,
    ExperimentBody Definition
);

/// <summary>Experiments, or versions of one.</summary>
/// <param name="Experiments">Those that changed last first.</param>
/// <param name="Next">The cursor of the page that follows; null on the last one.</param>
internal sealed record ExperimentList(IReadOnlyList<ExperimentVersion> Experiments, string? Next);
