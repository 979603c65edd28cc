using Fecom.Learning.Purchase;
using Fecom.Learning.Recommend;

namespace Fecom.Training;

/// <summary>Names of the training jobs, and which model each trains.</summary>
internal static class TrainingJobs
{
    public const string TrainPurchaseModel = "train_purchase_model";

    public const string TrainRecommender = "train_recommender";

    /// <summary>The models with the readers by which they serve.</summary>
    public static IReadOnlyList<TrainedModel> Models { get; } =
    [
        new(TrainPurchaseModel, PurchaseModel.Kind, PurchaseModel.Load),
        new(TrainRecommender, CoVisitationIndex.Kind, CoVisitationIndex.Load),
    ];
}

/// <summary>A model and the job that trains it.</summary>
/// <param name="Job">The job.</param>
/// <param name="Model">The model's name in the registry.</param>
/// <param name="Read">Reads an artifact as serving does; throws when it cannot.</param>
internal sealed record TrainedModel(string Job, string Model, Func<ReadOnlyMemory<byte>, object> Read);
