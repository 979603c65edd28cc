using System.ComponentModel.DataAnnotations;

namespace Fecom.Training.TunePurchaseModel;

/// <summary>Asks for a study of the purchase model's parameters.</summary>
/// <param name="Trials">How many parameters are tried; 40 when left out.</param>
/// <param name="MaxSeconds">Seconds, from when the study's rows are there, after which no trial begins any more; 3,600 when left out.</param>
/// <param name="Sampler">How parameters are found: <c>tpe</c>, the default, looks where good trials lie close; <c>random</c> draws evenly.</param>
/// <param name="Halving">Whether trials first learn from a part of the rows, and only the best third of them from more; true when left out.</param>
/// <param name="Seed">Seed of every draw; 17 when left out.</param>
internal sealed record StudyRequest(
    [property: Range(1, StudyLimits.MaxTrials)] int? Trials,
    [property: Range(1, StudyLimits.DaySeconds)] int? MaxSeconds,
    [property: AllowedValues(StudyLimits.Tpe, StudyLimits.Random, null)] string? Sampler,
    bool? Halving,
    [property: Range(0, int.MaxValue)] int? Seed
);

/// <summary>Studies of parameters.</summary>
/// <param name="Studies">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record StudyList(IReadOnlyList<StudyAnswer> Studies, string? Next);

/// <summary>A study of the purchase model's parameters.</summary>
/// <param name="Id">Its number.</param>
/// <param name="State"><c>waiting</c>, <c>running</c>, <c>completed</c>, <c>failed</c> or <c>cancelled</c>.</param>
/// <param name="Sampler">How parameters are found: <c>tpe</c> or <c>random</c>.</param>
/// <param name="Halving">Whether trials first learn from a part of the rows, and only the best third of them from more.</param>
/// <param name="Seed">Seed of every draw.</param>
/// <param name="Trials">How many parameters are tried.</param>
/// <param name="MaxSeconds">Seconds, from when its rows are there, after which no trial begins any more.</param>
/// <param name="RequestedAt">When it was asked for, UTC.</param>
/// <param name="StartedAt">When its rows were begun to be read, UTC; null before.</param>
/// <param name="ReadyAt">When its rows were there and trials began, UTC; null before.</param>
/// <param name="FinishedAt">When it ended, UTC; null before.</param>
/// <param name="DurationSeconds">How long it took from its start; null before its end.</param>
/// <param name="Progress">How far it is, for a person.</param>
/// <param name="Error">Why it failed; null otherwise.</param>
/// <param name="Rows">Rows that a trial on the highest rung learns from in its largest time split; null before they are there.</param>
/// <param name="Rungs">How many rungs its trials can climb; null before its rows are there.</param>
/// <param name="DataFingerprint">Hash over the events that its rows were made of: that of a training which read the same ones.</param>
/// <param name="TrialsBegun">Trials that have begun.</param>
/// <param name="TrialsEnded">Trials that are not being measured at the moment; some may climb on.</param>
/// <param name="BestTrial">The number of the best trial; null before the end.</param>
/// <param name="BestLoss">Its log loss; null before the end.</param>
internal sealed record StudyAnswer(
    long Id,
    [property: AllowedValues("waiting", "running", "completed", "failed", "cancelled")] string State,
    [property: AllowedValues(StudyLimits.Tpe, StudyLimits.Random)] string Sampler,
    bool Halving,
    long Seed,
    int Trials,
    int MaxSeconds,
    DateTime RequestedAt,
    DateTime? StartedAt,
    DateTime? ReadyAt,
    DateTime? FinishedAt,
    double? DurationSeconds,
    string? Progress,
    string? Error,
    int? Rows,
    int? Rungs,
    string? DataFingerprint,
    int TrialsBegun,
    int TrialsEnded,
    int? BestTrial,
    double? BestLoss
);

/// <summary>A study with its trials.</summary>
/// <param name="Study">What it is and how far.</param>
/// <param name="BestParameters">The parameters of the best trial, by name; null before the end.</param>
/// <param name="Trials">Its trials, in the order in which they began.</param>
internal sealed record StudyDetails(
    StudyAnswer Study,
    IReadOnlyDictionary<string, double>? BestParameters,
    IReadOnlyList<StudyTrial> Trials
);

/// <summary>Parameters that a study tries.</summary>
/// <param name="Number">The trial's number; the first one has the parameters that come with the release.</param>
/// <param name="Parameters">The parameters, by name.</param>
/// <param name="Rungs">How it did on each rung that it has come to, the lowest first.</param>
internal sealed record StudyTrial(
    int Number,
    IReadOnlyDictionary<string, double> Parameters,
    IReadOnlyList<RungAnswer> Rungs
);

/// <summary>A trial on a rung.</summary>
/// <param name="Rung">The rung, from 0; on the highest it learns from all rows of all time splits, on those below from the newest split, a third and a ninth of its rows.</param>
/// <param name="State"><c>running</c>, <c>completed</c> or <c>failed</c>.</param>
/// <param name="Loss">The lowest log loss on the rows behind each time split that it was asked about, the mean of these; null before the end.</param>
/// <param name="Trees">Trees that it took, on average; null before the end.</param>
/// <param name="Attempt">How often it was begun: more than once where a host stopped in the middle.</param>
/// <param name="Host">The host that measures it, or did.</param>
/// <param name="StartedAt">When that host began, UTC.</param>
/// <param name="FinishedAt">When it ended, UTC; null before.</param>
/// <param name="Error">Why it failed; null otherwise.</param>
internal sealed record RungAnswer(
    int Rung,
    [property: AllowedValues("running", "completed", "failed")] string State,
    double? Loss,
    int? Trees,
    int Attempt,
    string Host,
    DateTime StartedAt,
    DateTime? FinishedAt,
    string? Error
);
