namespace Fecom.Training;

/// <summary>Names of the training jobs, and which model each trains.</summary>
internal static class TrainingJobs
{
    public const string TrainPurchaseModel = "train_purchase_model";

    public const string TrainRecommender = "train_recommender";

    /// <summary>Tells a run to do nothing when its model has a champion by then.</summary>
    public const string OnlyWithoutChampion = "only_without_champion";

    public static IReadOnlyList<string> Names { get; } = [TrainPurchaseModel, TrainRecommender];

    public static IReadOnlyList<(string Job, string Model)> Models { get; } =
        [
            (TrainPurchaseModel, Learning.Purchase.PurchaseModel.Kind),
            (TrainRecommender, Learning.Recommend.CoVisitationIndex.Kind),
        ];
}
