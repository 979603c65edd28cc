using Fecom.Contracts;
using Fecom.Learning.Boosting;
using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Fecom.Platform.Storage;
using Fecom.Serving;
using Fecom.Serving.LoadModels;
using Fecom.Serving.LogPredictions;
using Fecom.Serving.PredictPurchase;
using Fecom.Serving.ReadOnlineStore;
using Fecom.Serving.TryChallengers;
using Fecom.UnitTests.Learning;
using Fecom.UnitTests.Learning.Purchase;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fecom.UnitTests.Serving;

public sealed class PurchasePredictorTests : IAsyncDisposable
{
    private static readonly BehaviorEvent Cart = Events.Of(BehaviorEventType.Cart, "p", brand: "liked", price: 20m);

    private static readonly DateTime Now = Events.Start.AddMinutes(5);

    private readonly RedisConnection _redis = new("127.0.0.1:1");
    private readonly ModelSlot<PurchaseModel> _slot = new(PurchaseModel.Kind, PurchaseModel.Load);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public void Answer_WhenNoModelServes_IsTheConfiguredBaseRateAndSaysSo()
    {
        PurchasePredictions answer = Predictor().Answer(served: null, [Known()], isStoreThere: true, explain: true);

        PurchasePrediction prediction = Assert.Single(answer.Predictions);
        Assert.Equal(0.2f, prediction.Probability);
        Assert.Equal(("base_rate", "no_model"), (prediction.Fallback, prediction.FallbackReason));
        Assert.Null(prediction.Contributions);
        Assert.Equal(
            ("base_rate", null, "base_rate", null),
            (answer.Model.Name, answer.Model.Version, answer.Model.Algorithm, answer.Model.ValidFor)
        );
        Assert.True(prediction.InCart);
    }

    [Fact]
    public void Answer_PredictsWhatTheModelPredictsOfTheTrainingRow()
    {
        ServedModel<PurchaseModel> served = Served();
        Candidate unknown = new("q", Known().Session, null);

        PurchasePredictions answer = Predictor()
            .Answer(served, [unknown, Known(), new("r", null, null)], isStoreThere: true, explain: false);

        CartMoment moment = new()
        {
            ProductId = "p",
            UserSession = null,
            At = Now,
            Zone = served.Model.Zone,
            Session = Known().Session,
        };
        float expected = served.Model.Predict(PurchaseFeatures.Of(moment)!.Value);
        Assert.Equal(expected, answer.Predictions[1].Probability);
        Assert.Equal(new FeaturesFound(Session: true, Product: true), answer.Predictions[1].FeaturesFound);
        Assert.Null(answer.Predictions[1].Fallback);
        Assert.Equal((float)served.Model.BaseRate, answer.Predictions[0].Probability);
        Assert.Equal("product_unknown", answer.Predictions[0].FallbackReason);
        Assert.Equal(new FeaturesFound(Session: true, Product: false), answer.Predictions[0].FeaturesFound);
        Assert.Equal(new FeaturesFound(Session: false, Product: false), answer.Predictions[2].FeaturesFound);
        Assert.Equal(("purchase", 3), (answer.Model.Name, answer.Model.Version));
        Assert.Equal(served.Model.Algorithm.Name(), answer.Model.Algorithm);
        Assert.Equal("products in the session's cart", answer.Model.ValidFor);
    }

    [Fact]
    public void Answer_TellsOfAProductThatIsNotInTheCart()
    {
        BehaviorEvent view = Events.Of(BehaviorEventType.View, "seen", seconds: 1, price: 5m);
        BehaviorEvent removal = Events.Of(BehaviorEventType.RemoveFromCart, "left", seconds: 2, price: 5m);
        SessionState session = SessionOf(Cart, view, removal);
        ProductState product = new();
        product.Step(view);
        Candidate[] candidates =
        [
            .. new[] { "p", "seen", "left", "never" }.Select(id => new Candidate(id, session, product)),
            new("p", null, product),
        ];

        IReadOnlyList<PurchasePrediction> predictions = Predictor()
            .Answer(Served(), candidates, isStoreThere: true, explain: false)
            .Predictions;

        Assert.Equal([true, false, false, false, null], predictions.Select(prediction => prediction.InCart));
        Assert.Null(predictions[0].Note);
        Assert.Equal(
            "The product is not in the session's cart, it was viewed alone. The probability is what it would be if it had just been put into the cart.",
            predictions[1].Note
        );
        Assert.StartsWith(
            "The product is not in the session's cart, it was taken out.",
            predictions[2].Note,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "The product is not in the session's cart, the session has no event with it.",
            predictions[3].Note,
            StringComparison.Ordinal
        );
        Assert.StartsWith("The session is not known", predictions[4].Note, StringComparison.Ordinal);
        Assert.All(predictions, prediction => Assert.Null(prediction.Fallback));
    }

    [Fact]
    public void Answer_OfAModelThatLearntFromViews_SaysSoAndTakesAViewedProductAsItIs()
    {
        BehaviorEvent view = Events.Of(BehaviorEventType.View, "p", price: 5m);
        ServedModel<PurchaseModel> served = Served(BehaviorEventType.View);

        PurchasePredictions answer = Predictor()
            .Answer(served, [new("p", SessionOf(view), null)], isStoreThere: true, explain: false);

        Assert.Equal("products that the session has viewed or put into its cart", answer.Model.ValidFor);
        Assert.Equal((false, null), (answer.Predictions[0].InCart, answer.Predictions[0].Note));
    }

    [Fact]
    public void Answer_WhenTheStoreIsAway_IsTheModelsBaseRateAndSaysSo()
    {
        ServedModel<PurchaseModel> served = Served();

        PurchasePrediction prediction = Predictor()
            .Answer(served, [new("p", null, null)], isStoreThere: false, explain: false)
            .Predictions[0];

        Assert.Equal((float)served.Model.BaseRate, prediction.Probability);
        Assert.Equal(("base_rate", "online_store_away"), (prediction.Fallback, prediction.FallbackReason));
    }

    [Fact]
    public void Answer_WhenAskedWhy_ContributionsAddUpToTheLogOdds()
    {
        PurchasePrediction prediction = Predictor()
            .Answer(Served(), [Known()], isStoreThere: true, explain: true)
            .Predictions[0];

        double margin = prediction.Contributions!.Sum(c => c.LogOdds);
        Assert.Equal(prediction.Probability, 1 / (1 + Math.Exp(-margin)), 5);
        Assert.Equal("liked", prediction.Contributions!.Single(c => c.Feature == "brand").Value);
        Assert.Equal(20m, prediction.Contributions!.Single(c => c.Feature == "price").Value);
    }

    private static Candidate Known() => new("p", SessionOf(Cart), null);

    private static SessionState SessionOf(params BehaviorEvent[] events)
    {
        SessionState state = new();
        Array.ForEach(events, state.Step);
        return state;
    }

    private ServedModel<PurchaseModel> Served(BehaviorEventType candidate = BehaviorEventType.Cart)
    {
        BoostingOptions options = new() { Trees = 20, Threads = 1 };
        PurchaseModel model = PurchaseTrainer
            .Train(
                GeneratedSessions.DataSet(2_000, candidate: candidate),
                options,
                null,
                TestContext.Current.CancellationToken
            )
            .Model;
        ModelPromoted promoted = new()
        {
            Model = PurchaseModel.Kind,
            Version = 3,
            Alias = "champion",
            ArtifactPath = "",
            Sha256 = "",
            PromotedAt = Events.Start,
        };
        _slot.Swap(promoted, model.Save());
        return _slot.Current!;
    }

    private sealed class FixedTime(DateTime now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(now, TimeSpan.Zero);
    }

    private PurchasePredictor Predictor()
    {
        IOptions<ServingOptions> options = Options.Create(new ServingOptions { BaseRate = 0.2 });
        OnlineStoreReader store = new(
            _redis,
            new OnlineStoreCircuit(TimeProvider.System),
            options,
            TimeProvider.System,
            NullLogger<OnlineStoreReader>.Instance
        );
        PredictionLog log = new(Options.Create(new PredictionLogOptions()), new TestMeters());
        IOptions<ChallengerOptions> challenged = Options.Create(new ChallengerOptions());
        return new PurchasePredictor(
            _slot,
            store,
            log,
            new Challengers([_slot], challenged, TimeProvider.System),
            new ShadowQueue(challenged, new TestMeters()),
            options,
            new FixedTime(Now)
        );
    }
}
