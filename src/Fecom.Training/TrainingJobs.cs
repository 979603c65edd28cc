namespace Fecom.Training;

/// <summary>Names of the training jobs, and which model each trains.</summary>
internal static class TrainingJobs
{
    public const string TrainPurchaseModel = "train_purchase_model";

    public const string TrainRecommender = "train_recommender";

    public static IReadOnlyList<(string Job, string Model)> Models { get; } =
        [
            (TrainPurchaseModel, Learning.Purchase.PurchaseModel.Kind),
            (TrainRecommender, Learning.Recommend.CoVisitationIndex.Kind),
        ];
}
