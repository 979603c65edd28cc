using System.ComponentModel.DataAnnotations;

namespace Fecom.Training.WatchModels;

/// <summary>How a feature was served, against the offline store.</summary>
/// <param name="Feature">The feature's name.</param>
/// <param name="Differing">Predictions in which it differed.</param>
/// <param name="DifferingShare">Their share.</param>
/// <param name="Example">The newest of them; null when there is none.</param>
internal sealed record SkewedFeature(string Feature, int Differing, double DifferingShare, SkewExample? Example);

/// <summary>A prediction in which a feature differed.</summary>
/// <param name="PredictedAt">When it was asked for, UTC: with it the row is found in <c>serving.prediction_log</c>.</param>
/// <param name="Served">What the model predicted from; null when missing.</param>
/// <param name="Offline">What the offline store says of that moment; null when missing.</param>
internal sealed record SkewExample(DateTime PredictedAt, string? Served, string? Offline);

/// <summary>How a feature is spread now, against the training set.</summary>
/// <param name="Feature">The feature's name.</param>
/// <param name="StabilityIndex">Population stability index: 0 when nothing has moved, above 0.25 by custom a shift.</param>
/// <param name="IsJudged">Whether it counts as drifted above the threshold; false for those of <c>Training:Watch:IgnoredFeatures</c>.</param>
/// <param name="MissingShare">Share of the predictions without a value.</param>
/// <param name="TrainingMissingShare">Share of the training rows without a value.</param>
/// <param name="Edges">Of a number: the highest value of each bin.</param>
/// <param name="Categories">Of a text: the value of each bin.</param>
/// <param name="Shares">Shares of the predictions: without a value, in each bin, and in none of them.</param>
/// <param name="TrainingShares">Shares of the training rows in the same bins.</param>
internal sealed record DriftedFeature(
    string Feature,
    double StabilityIndex,
    bool IsJudged,
    double MissingShare,
    double TrainingMissingShare,
    IReadOnlyList<double> Edges,
    IReadOnlyList<string> Categories,
    IReadOnlyList<double> Shares,
    IReadOnlyList<double> TrainingShares
);

/// <summary>How the features of a model were served, against the offline store.</summary>
/// <param name="Model">The model.</param>
/// <param name="Reports">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record SkewReportList(string Model, IReadOnlyList<SkewReport> Reports, string? Next);

/// <summary>How features were served at a time.</summary>
/// <param name="Id">The report's number.</param>
/// <param name="MeasuredAt">When it was made, UTC.</param>
/// <param name="Predictions">Logged predictions that were compared.</param>
/// <param name="Alert">What is wrong and what to do; null when nothing is.</param>
/// <param name="Features">All features of the model.</param>
internal sealed record SkewReport(
    long Id,
    DateTime MeasuredAt,
    long Predictions,
    string? Alert,
    IReadOnlyList<SkewedFeature> Features
);

/// <summary>How far the features that a model is asked with have moved from those that it was trained on.</summary>
/// <param name="Model">The model.</param>
/// <param name="Reports">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record DriftReportList(string Model, IReadOnlyList<DriftReport> Reports, string? Next);

/// <summary>How far features have moved.</summary>
/// <param name="Id">The report's number.</param>
/// <param name="Version">The champion whose training set they are compared with.</param>
/// <param name="MeasuredAt">When it was made, UTC.</param>
/// <param name="Predictions">Logged predictions that were compared, one a product and visit.</param>
/// <param name="Alert">What is wrong and what to do; null when nothing is.</param>
/// <param name="Features">All features of the model, those that have moved furthest first.</param>
internal sealed record DriftReport(
    long Id,
    int Version,
    DateTime MeasuredAt,
    long Predictions,
    string? Alert,
    IReadOnlyList<DriftedFeature> Features
);

/// <summary>How good predictions were, by day and version.</summary>
/// <param name="Model">The model.</param>
/// <param name="Alert">What is wrong with the champion's quality and what to do; null when nothing is known to be.</param>
/// <param name="Days">The newest day first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record LiveQualityList(string Model, string? Alert, IReadOnlyList<LiveQualityDay> Days, string? Next);

/// <summary>How good the logged predictions of a day were.</summary>
internal sealed record LiveQualityDay
{
    /// <summary>The day, UTC: <c>2026-11-27</c>.</summary>
    public required string Day { get; init; }

    /// <summary>The version that predicted.</summary>
    public required int Version { get; init; }

    /// <summary>Predictions, the first of each product in a visit, of which the model has learnt to speak.</summary>
    public required long Predictions { get; init; }

    /// <summary>How many of the products were bought.</summary>
    public required long Bought { get; init; }

    /// <summary>Area under the ROC curve; null when all or none was bought.</summary>
    [Range(0.0, 1.0)]
    public double? Auc { get; init; }

    /// <summary>Area under the precision-recall curve; null when none was bought.</summary>
    [Range(0.0, 1.0)]
    public double? AveragePrecision { get; init; }

    /// <summary>Distance of prediction and rate over ten bins of equal count.</summary>
    [Range(0.0, 1.0)]
    public required double CalibrationError { get; init; }

    /// <summary>What was predicted on average.</summary>
    [Range(0.0, 1.0)]
    public required double MeanProbability { get; init; }

    /// <summary>When it was worked out, UTC; it is again, for some days, since purchases may be told late.</summary>
    public required DateTime MeasuredAt { get; init; }
}
