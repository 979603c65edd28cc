namespace Fecom.Training.TrackRuns;

/// <summary>What the new model does on data that it did not learn from, as data for charts.</summary>
/// <param name="FeatureImportance">The features, those that matter most first.</param>
/// <param name="Contributions">What each feature adds to predictions, those that move them most first.</param>
/// <param name="Reliability">The reliability curve: what was predicted, and how often it came true.</param>
/// <param name="PrecisionRecall">The precision-recall curve, by ascending recall.</param>
internal sealed record RunDiagnostics(
    IReadOnlyList<ImportanceAnswer> FeatureImportance,
    IReadOnlyList<ContributionAnswer> Contributions,
    IReadOnlyList<ReliabilityAnswer> Reliability,
    IReadOnlyList<PrecisionRecallAnswer> PrecisionRecall
);

/// <summary>How much the model leans on a feature.</summary>
/// <param name="Feature">The feature's name.</param>
/// <param name="PrAucLoss">PR-AUC that is lost when the feature's values are dealt out among the rows at random; below zero when that does not harm.</param>
internal sealed record ImportanceAnswer(string Feature, double PrAucLoss);

/// <summary>What a feature adds to the log odds of a prediction.</summary>
/// <param name="Feature">The feature's name; <c>bias</c> is what is predicted before any feature speaks.</param>
/// <param name="Mean">On average over the rows.</param>
/// <param name="MeanAbsolute">Its distance from zero, on average: how much the feature moves predictions.</param>
internal sealed record ContributionAnswer(string Feature, double Mean, double MeanAbsolute);

/// <summary>Predictions of about one height, and what came of them. All have about as many rows.</summary>
/// <param name="Lower">The lowest probability among them.</param>
/// <param name="Count">How many.</param>
/// <param name="MeanProbability">What was predicted for them, on average.</param>
/// <param name="Rate">Share of them that came true.</param>
internal sealed record ReliabilityAnswer(double Lower, int Count, double MeanProbability, double Rate);

/// <summary>A point of the precision-recall curve.</summary>
/// <param name="Threshold">Rows with at least this probability are taken.</param>
/// <param name="Precision">Share of the taken rows that came true.</param>
/// <param name="Recall">Share of all rows that came true which are taken.</param>
internal sealed record PrecisionRecallAnswer(double Threshold, double Precision, double Recall);
