using System.IO.Pipelines;
using System.Text.Json;
using Fecom.Learning.Purchase;
using Fecom.Learning.Recommend;
using Fecom.Serving.LoadModels;
using Fecom.Serving.PredictPurchase;
using Fecom.Serving.ReadOnlineStore;
using Fecom.Serving.RecommendProducts;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.RehearseAnswers;

/// <summary>
/// Answers a visitor who does not exist, by the code that answers requests, so that its methods are compiled before the first request:
/// that one would else take longer than it waits for the online store. Nobody gets these answers, and nothing records or counts them:
/// they do not pass what is tried on some visitors, and no session is named to what logs predictions.
/// </summary>
internal sealed partial class AnswerRehearsal(
    OnlineStoreReader store,
    RecommendationQuestions questions,
    ProductRecommender recommender,
    ModelSlot<Recommender> recommenders,
    PurchasePredictor predictor,
    ModelSlot<PurchaseModel> purchases,
    IOptions<JsonOptions> json,
    TimeProvider time,
    ILogger<AnswerRehearsal> logger
) : IAnswerRehearsal
{
    /// <summary>The visitor's id, the session's, and the product's where no recommender knows any.</summary>
    public const string Nobody = "rehearsal";

    private const string Question =
        $$"""{"instances":[{"user_id":"{{Nobody}}","product_id":"{{Nobody}}","user_session":"{{Nobody}}"}]}""";

    /// <summary>How long the online store's connection, and then its answer, is waited for.</summary>
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(1);

    private static readonly RecommendationFilter Filter = new(
        RecommendationFilter.DefaultProducts,
        Category: null,
        Exclude: [],
        ExcludeSeen: true
    );

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            bool isStoreThere = await store.IsThereAsync(StoreTimeout, cancellationToken);
            if (isStoreThere)
            {
                await questions.ForSessionAsync(Nobody, Nobody, Filter);
                await store.ReadAsync([Nobody], [Nobody], [Nobody], withShop: true);
            }

            cancellationToken.ThrowIfCancellationRequested();
            (RecommendationAnswer recommendation, PurchasePredictions predictions) = Answer(isStoreThere);
            await WriteAsync(recommendation, predictions, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e);
        }
    }

    /// <summary>What comes next after a visit's first product was put into the cart, and how likely it is bought.</summary>
    internal (RecommendationAnswer Recommendation, PurchasePredictions Predictions) Answer(bool isStoreThere)
    {
        RehearsedVisit visit = RehearsedVisit.Of(KnownProduct(), Nobody, time.GetUtcNow().UtcDateTime);
        VisitorSession session = VisitorSession.Of(visit.Session).After(PastProduct.Of(visit.User, Nobody));
        Candidate candidate = new(
            visit.Session.ProductId,
            visit.Session,
            visit.Product,
            UserSession: null,
            visit.User,
            visit.Shop
        );
        return (
            recommender.ForSession(new Visitor(session, []), Filter),
            predictor.Answer(purchases.Current, [candidate], isStoreThere, explain: false)
        );
    }

    /// <summary>Reads a call and writes answers, to nobody.</summary>
    private async Task WriteAsync(
        RecommendationAnswer recommendation,
        PurchasePredictions predictions,
        CancellationToken cancellationToken
    )
    {
        JsonSerializerOptions options = json.Value.SerializerOptions;
        JsonSerializer.Deserialize<PurchasePredictionRequest>(Question, options);
        PipeWriter nobody = PipeWriter.Create(Stream.Null);
        await JsonSerializer.SerializeAsync(nobody, recommendation, options, cancellationToken);
        await JsonSerializer.SerializeAsync(nobody, predictions, options, cancellationToken);
    }

    /// <summary>A product that the recommender that serves has something to say of.</summary>
    private string KnownProduct()
    {
        if (recommenders.Current is not { Model: var model })
        {
            return Nobody;
        }

        return model.Live?.Current.Recommend([], count: 1) is [var ranked] ? ranked
            : model.CoVisits.Recommend([], new RecommendationQuery { Count = 1 }) is [var popular] ? popular.ProductId
            : Nobody;
    }

    [LoggerMessage(LogLevel.Debug, "Answers were not rehearsed, so the first ones take longer")]
    private partial void LogFailed(Exception cause);
}
