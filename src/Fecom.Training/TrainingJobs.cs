using Fecom.Contracts;
using Fecom.Learning.Purchase;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;

namespace Fecom.Training;

/// <summary>Names of the jobs, and which model each of those that train trains.</summary>
internal static class TrainingJobs
{
    public const string TrainPurchaseModel = "train_purchase_model";

    public const string TrainRecommender = "train_recommender";

    public const string TunePurchaseModel = "tune_purchase_model";

    public const string RunTrial = "run_trial";

    /// <summary>The models with the readers by which they serve.</summary>
    public static IReadOnlyList<TrainedModel> Models { get; } =
    [
        new(TrainPurchaseModel, PurchaseModel.Kind, PurchaseModel.Load, AskPurchaseModel, ModelInput.OfPurchase),
        new(TrainRecommender, Recommender.Kind, Recommender.Load, AskRecommender, ModelInput.OfRecommender),
    ];

    private static void AskPurchaseModel(ReadOnlyMemory<byte> artifact)
    {
        SessionFeatures features = new()
        {
            EventWeekday = 0,
            ActivityCount = 1,
            Price = 1,
        };
        float probability = PurchaseModel.Load(artifact).Predict(PurchaseFeatures.Of(features));
        if (probability is not (>= 0 and <= 1))
        {
            throw new InvalidDataException("It answers with what is no probability.");
        }
    }

    private static void AskRecommender(ReadOnlyMemory<byte> artifact)
    {
        Recommender recommender = Recommender.Load(artifact);
        RecommendationQuery query = new() { Count = 10 };
        IReadOnlyList<Recommendation> popular = recommender.Recommend(VisitorSession.Empty, query);
        VisitorSession session =
            popular.Count == 0
                ? VisitorSession.Empty
                : VisitorSession.Empty.With(popular[0].ProductId, BehaviorEventType.View);
        IEnumerable<Recommendation> answer = popular.Concat(recommender.Recommend(session, query));
        if (answer.Any(item => !double.IsFinite(item.Score)))
        {
            throw new InvalidDataException("It answers with a score that is not a number.");
        }
    }
}

/// <summary>A model and the job that trains it.</summary>
/// <param name="Job">The job.</param>
/// <param name="Model">The model's name in the registry.</param>
/// <param name="Read">Reads an artifact as serving does; throws when it cannot.</param>
/// <param name="Ask">Reads an artifact and asks it once; throws when there is no sound answer.</param>
/// <param name="Inputs">What it predicts from.</param>
internal sealed record TrainedModel(
    string Job,
    string Model,
    Func<ReadOnlyMemory<byte>, object> Read,
    Action<ReadOnlyMemory<byte>> Ask,
    IReadOnlyList<ModelInput> Inputs
);
