using Fecom.Contracts;
using Fecom.Learning.Purchase;
using Fecom.Learning.Recommend;
using Fecom.Platform.Hosts;
using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Fecom.Platform.ObjectStore;
using Fecom.Platform.Settings;
using Fecom.Platform.Storage;
using Fecom.Platform.Telemetry;
using Fecom.Serving.DeleteUsers;
using Fecom.Serving.FollowSessions;
using Fecom.Serving.FollowTrending;
using Fecom.Serving.ForgetFeedback;
using Fecom.Serving.GrowIndex;
using Fecom.Serving.KnowProducts;
using Fecom.Serving.LimitLoad;
using Fecom.Serving.LoadModels;
using Fecom.Serving.LogPredictions;
using Fecom.Serving.MeasureLatency;
using Fecom.Serving.PredictPurchase;
using Fecom.Serving.PreviewRules;
using Fecom.Serving.ReadOnlineStore;
using Fecom.Serving.RecommendProducts;
using Fecom.Serving.RecordAnswers;
using Fecom.Serving.RehearseAnswers;
using Fecom.Serving.RunExperiments;
using Fecom.Serving.SetRules;
using Fecom.Serving.TakeFeedback;
using Fecom.Serving.TellFeedback;
using Fecom.Serving.TryChallengers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Serving;

/// <summary>Answers with the champions: purchase predictions and recommendations, for the session as it is now.</summary>
public static class ServingModule
{
    private const string Schema = "serving";

    /// <summary>Adds the module.</summary>
    public static IHostApplicationBuilder AddServing(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddSettings<ServingOptions>("Serving");
        services.AddSingleton<IValidateOptions<ServingOptions>, ServingOptionsValidator>();
        services.AddMigrations(Schema, typeof(ServingModule).Assembly);
        AddModels(services);
        services.AddSingleton<OnlineStoreCircuit>();
        services.AddSingleton<OnlineStoreReader>();
        services.AddSingleton<ServingLoad>();
        services.AddInstruments<ServingLatency>();
        services.AddSingleton<PurchasePredictor>();
        services.AddSingleton<ProductRecommender>();
        services.AddSingleton<RecommendationQuestions>();
        services.AddSingleton<PlannedRecommender>();
        AddChallengers(services);
        AddExperiments(services);
        AddPredictionLog(services);
        AddTrending(services);
        AddIndex(services);
        AddContent(services);
        AddRules(services);
        AddFeedback(services);
        return builder;
    }

    /// <summary>Maps the module's HTTP calls.</summary>
    public static IEndpointRouteBuilder MapServing(this IEndpointRouteBuilder routes)
    {
        routes.MapPurchasePredictions();
        routes.MapRecommendations();
        routes.MapRules();
        routes.MapRulesPreview();
        routes.MapStock();
        routes.MapFeedback();
        routes.MapChallengers();
        routes.MapExperiments();
        routes.MapLatency();
        return routes;
    }

    private static void AddModels(IServiceCollection services)
    {
        AddSlot(services, new ModelSlot<PurchaseModel>(PurchaseModel.Kind, PurchaseModel.Load));
        AddSlot(services, new ModelSlot<Recommender>(Recommender.Kind, Recommender.Load));
        services.AddInstruments<ModelMetrics>();
        services.AddModelStore();
        services.AddSingleton<ArtifactFiles>();
        services.AddSingleton<RememberedModels>();
        services.AddSingleton<KnownVersions>();
        services.AddHostedService<LoadWantedVersions>();
        services.AddSingleton<ModelPromotions>();
        services.AddSingleton<IAnswerRehearsal, AnswerRehearsal>();
        services.AddHostedService<RestoreModelsAtStart>();
        services.AddHealthChecks().AddCheck<ModelHealthCheck>("model");
        services.AddTopicEndpoint<ModelPromoted, ModelPromotedConsumer>(
            new()
            {
                Name = "models",
                Topic = Topics.ModelPromoted,
                Broadcast = true,
                BatchSize = 100,
                BatchInterval = TimeSpan.FromMilliseconds(500),
            }
        );
    }

    private static void AddChallengers(IServiceCollection services)
    {
        services.AddSettings<ChallengerOptions>("Serving:Challenger");
        services.AddSingleton<IValidateOptions<ChallengerOptions>, ChallengerOptionsValidator>();
        services.AddSingleton<ChallengerTable>();
        services.AddSingleton<Challengers>();
        services.AddSingleton<IVersionUser>(provider => provider.GetRequiredService<Challengers>());
        services.AddSingleton<ShadowQueue>();
        services.AddSingleton<ShadowTable>();
        services.AddSingleton<ShadowComparison>();
        services.AddHostedService<FollowChallengers>();
        services.AddHealthChecks().AddCheck<ChallengerHealthCheck>("challengers");
        services.AddHostedService<ShadowScorer>();
    }

    private static void AddExperiments(IServiceCollection services)
    {
        services.AddSingleton<ExperimentTable>();
        services.AddSingleton<Experiments>();
        services.AddSingleton<IVersionUser>(provider => provider.GetRequiredService<Experiments>());
        services.AddSingleton<ExperimentsRefresh>();
        services.AddSingleton<ExperimentFigures>();
        services.AddSingleton<ExperimentResults>();
        services.AddSingleton<ExperimentGuard>();
        services.AddHostedService<FollowExperiments>();
        services.AddHealthChecks().AddCheck<ExperimentHealthCheck>("experiments");
        services.AddHostedService<CountExperiments>();
    }

    private static void AddPredictionLog(IServiceCollection services)
    {
        services.AddSettings<PredictionLogOptions>("Serving:PredictionLog");
        services.AddSingleton<IValidateOptions<PredictionLogOptions>, PredictionLogOptionsValidator>();
        services.AddMetrics();
        services.AddSingleton<PredictionLog>();
        services.AddSingleton<PredictionTable>();
        services.AddHostedService<PredictionLogWriter>();
        services.AddSingleton<IUserRecords, UsersPredictions>();
        services.AddJob<ForgetPredictionsJob>(
            new()
            {
                Name = ForgetPredictionsJob.Name,
                Description = "Forgets logged predictions that are older than Serving:PredictionLog:KeepDays.",
                DefaultCron = "50 4 * * *",
                Retries = 3,
            }
        );
    }

    private static void AddRules(IServiceCollection services)
    {
        services.AddSingleton<RuleSetTable>();
        services.AddSingleton<StockTable>();
        services.AddSingleton<RulesInForce>();
        services.AddSingleton<RulesRefresh>();
        services.AddHostedService<FollowRules>();
        services.AddSingleton(provider => new ProductCatalogue(
            provider.GetRequiredService<IOptions<ServingOptions>>().Value.CatalogueProducts,
            provider.GetRequiredService<ILogger<ProductCatalogue>>()
        ));
    }

    private static void AddContent(IServiceCollection services)
    {
        services.AddSingleton<ContentNeighbours>();
        services.AddHostedService<PublishContentService>();
    }

    private static void AddFeedback(IServiceCollection services)
    {
        services.AddSettings<FeedbackOptions>("Serving:Feedback");
        services.AddSingleton<IValidateOptions<FeedbackOptions>, FeedbackOptionsValidator>();
        services.AddSingleton<IValidateOptions<FeedbackOptions>, FeedbackDaysValidator>();
        services.AddSingleton<ServedAnswers>();
        services.AddSingleton<AnswerTable>();
        services.AddHostedService<AnswerRecorder>();
        services.AddSingleton<FeedbackTable>();
        services.AddSingleton<UntoldFeedback>();
        services.AddHosts();
        services.AddTopic(Topics.Feedback, partitions: 1);
        services.AddHostedService<FeedbackRelay>();
        services.AddJob<ForgetFeedbackJob>(
            new()
            {
                Name = ForgetFeedbackJob.Name,
                Description =
                    "Forgets recommendations and the feedback on them that are older than Serving:Feedback:KeepDays.",
                DefaultCron = "50 4 * * *",
                Retries = 3,
            }
        );
    }

    private static void AddTrending(IServiceCollection services)
    {
        services.AddSingleton(provider => new LiveSessions(
            provider.GetRequiredService<IOptions<ServingOptions>>().Value.LiveSessions
        ));
        services.AddSingleton(provider =>
        {
            ServingOptions options = provider.GetRequiredService<IOptions<ServingOptions>>().Value;
            return new TrendingFeed(() =>
                new TrendingIndex(options.TrendingHalfLife, options.TrendingProducts, new CoVisitationOptions())
            );
        });
        services.AddHostedService<SeedTrending>();
        services.AddHostedService<PublishTrending>();
        services.AddTopicEndpoint<VisitBlock, FollowTrendingConsumer>(
            new()
            {
                Name = "trending",
                Topic = Topics.Visits,
                // Some thousands of visits.
                BatchSize = 50,
                Broadcast = true,
                BatchInterval = TimeSpan.FromMilliseconds(200),
            },
            new VisitFormat()
        );
    }

    private static void AddIndex(IServiceCollection services)
    {
        services.AddSingleton(provider =>
        {
            ServingOptions options = provider.GetRequiredService<IOptions<ServingOptions>>().Value;
            return new OpenSessions(
                options.SessionIdle,
                options.OpenSessions,
                provider.GetRequiredService<TimeProvider>()
            );
        });
        services.AddSingleton<OpenSessionsSeed>();
        services.AddSingleton<IndexGrowth>();
        services.AddHostedService<GrowIndexService>();
    }

    private static void AddSlot<T>(IServiceCollection services, ModelSlot<T> slot)
        where T : class => services.AddSingleton(slot).AddSingleton<IModelSlot>(slot);
}
