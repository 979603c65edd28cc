using Fecom.Contracts;
using Fecom.Learning.NextItem;
using Fecom.Platform;
using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Fecom.Platform.ObjectStore;
using Fecom.Platform.Retries;
using Fecom.Platform.Settings;
using Fecom.Platform.Storage;
using Fecom.Training.CheckDrift;
using Fecom.Training.CheckSkew;
using Fecom.Training.EvaluateRecommender;
using Fecom.Training.ExportModel;
using Fecom.Training.MeasureLiveQuality;
using Fecom.Training.ReadServed;
using Fecom.Training.ReadSessions;
using Fecom.Training.RecommendOffline;
using Fecom.Training.RegisterModels;
using Fecom.Training.Retrain;
using Fecom.Training.ScorePurchases;
using Fecom.Training.TellMlflow;
using Fecom.Training.TellPromotions;
using Fecom.Training.TrackRuns;
using Fecom.Training.TrainAfterFirstLoad;
using Fecom.Training.TrainPurchaseModel;
using Fecom.Training.TrainRecommender;
using Fecom.Training.TunePurchaseModel;
using Fecom.Training.WatchModels;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fecom.Training;

/// <summary>Trains models on the events of bronze, keeps them in a versioned registry and says which of them serve.</summary>
public static class TrainingModule
{
    /// <summary>Adds the module; the job scheduler is added by the host, after the modules.</summary>
    public static IHostApplicationBuilder AddTraining(this IHostApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddSettings<TrainingOptions>("Training");
        services.AddSingleton<IValidateOptions<TrainingOptions>, TrainingOptionsValidator>();
        services.AddShopOptions();
        services.AddMigrations("training", typeof(TrainingModule).Assembly);
        services.AddSingleton<RunLog>();
        services.AddSingleton<RunHistory>();
        services.AddSingleton<RunTracker>();
        services.AddModelStore();
        services.AddSingleton<ArtifactStore>();
        services.AddSingleton<ModelRegistry>();
        services.AddSingleton<ModelTable>();
        services.AddSingleton<VersionDetails>();
        services.AddSingleton<ChampionNotes>();
        services.AddSingleton<AliasHistory>();
        services.AddSingleton<TrialAnswer>();
        services.AddSingleton<VersionDecisions>();
        services.AddSingleton<Promotion>();
        services.AddSingleton<OldArtifacts>();
        services.AddSingleton<Registration>();
        services.AddSingleton<SessionReader>();
        services.AddSingleton<HistoryReader>();
        services.AddSingleton<SessionTimes>();
        services.AddSingleton<PurchaseChampion>();
        services.AddSingleton<RecommenderChampion>();
        services.AddSingleton<FirstTraining>();
        services.AddSingleton<FirstTrainingStarter>();
        services.AddSingleton<StudyTable>();
        services.AddSingleton<StudyHistory>();
        services.AddSingleton<TrialTable>();
        services.AddSingleton<StudyData>();
        services.AddHostedService<StudyKeeper>();
        services.AddHostedService<ChampionAnnouncer>();
        services.AddHostedService<TrainAtStart>();
        services.AddHostedService<AbandonedRuns>();
        services.AddSingleton<UntoldMoves>();
        services
            .AddHttpClient(PromotionWebhook.Client)
            .AddAttempts(
                provider => TimeSpan.FromSeconds(Options(provider).WebhookTimeoutSeconds),
                provider => Options(provider).WebhookWaits
            );
        services.AddHostedService<PromotionWebhook>();
        builder.AddMlflow();
        services.AddTopic(Topics.ModelPromoted, 1);
        services.AddTopicEndpoint<LoadCompleted, LoadCompletedConsumer>(
            new()
            {
                Name = "training.load_completed",
                Topic = Topics.LoadCompleted,
                BatchSize = 100,
                BatchInterval = TimeSpan.FromMilliseconds(500),
            }
        );
        AddJobs(services);
        AddWatch(services);
        return builder;
    }

    /// <summary>Maps the module's HTTP calls.</summary>
    public static IEndpointRouteBuilder MapTraining(this IEndpointRouteBuilder routes)
    {
        routes.MapModels();
        routes.MapRuns();
        routes.MapWatch();
        routes.MapStudies();
        return routes;
    }

    /// <summary>Writes a registered model as ONNX, offline: from the artifacts alone.</summary>
    /// <param name="settings">The host's settings: <c>Models:Store</c> says where the artifacts are.</param>
    /// <param name="models">A folder of artifacts instead; null for the store of the settings.</param>
    /// <param name="name">The model.</param>
    /// <param name="version">Its version; the newest when null.</param>
    /// <param name="file">Is written, or replaced once the model is read.</param>
    /// <param name="log">Says what was exported.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FileNotFoundException">There is no such version.</exception>
    /// <exception cref="InvalidDataException">The artifact or a setting cannot be read, or such a model cannot be written as ONNX.</exception>
    /// <exception cref="IOException">The store does not answer.</exception>
    public static async Task ExportOnnxAsync(
        IConfiguration settings,
        string? models,
        string name,
        int? version,
        string file,
        TextWriter log,
        CancellationToken cancellationToken
    )
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddModelStore(settings, models)
            .BuildServiceProvider();
        try
        {
            IFileStore store = services.GetRequiredService<IFileStore>();
            await OnnxExport.RunAsync(store, name, version, file, log, cancellationToken);
        }
        catch (OptionsValidationException e)
        {
            throw new InvalidDataException(string.Join(' ', e.Failures), e);
        }
    }

    /// <summary>Learns from events, and says of other sessions how likely the product of their last event is bought: see <see cref="OfflineScores.Run"/>.</summary>
    public static void Score(
        IEnumerable<BehaviorEvent> train,
        IReadOnlyList<BehaviorEvent> carts,
        string output,
        TimeZoneInfo zone,
        TextWriter log,
        CancellationToken cancellationToken
    ) => OfflineScores.Run(train, carts, output, zone, log, cancellationToken);

    /// <summary>Reports how well purchases are predicted on several time splits of events: see <see cref="PurchaseEvaluation.Run"/>.</summary>
    public static void EvaluatePurchase(
        IEnumerable<BehaviorEvent> events,
        TimeZoneInfo zone,
        TextWriter report,
        TextWriter log,
        CancellationToken cancellationToken
    ) => PurchaseEvaluation.Run(events, zone, report, log, cancellationToken);

    /// <summary>Trains a recommender on a file of sessions and answers a file of their beginnings.</summary>
    /// <param name="train">A session a line, ids of its products separated by spaces, the oldest session first.</param>
    /// <param name="prefixes">A question a line, likewise; an empty line asks for a new visitor.</param>
    /// <param name="count">Products a question, 1 to 1,000.</param>
    /// <param name="output">Is written: a line a question, the best product first.</param>
    /// <param name="log">Says what goes on.</param>
    /// <param name="cancellationToken">Ends it; the output is left as it was.</param>
    /// <exception cref="ArgumentException">The count is not from 1 to 1,000.</exception>
    /// <exception cref="InvalidDataException">A file holds no session, a line that is too long, or what is no product id.</exception>
    public static void Recommend(
        string train,
        string prefixes,
        int count,
        string output,
        TextWriter log,
        CancellationToken cancellationToken
    ) => OfflineRecommendations.Run(train, prefixes, count, output, new RankerOptions(), log, cancellationToken);

    /// <summary>Trains a recommender on the oldest sessions of a file and reports how well it names what came next in the newest.</summary>
    /// <param name="sessions">A session a line, ids of its products separated by spaces, the oldest session first.</param>
    /// <param name="heldOut">Share of the sessions that is asked about, above 0 to 0.5.</param>
    /// <param name="report">Takes the report.</param>
    /// <param name="log">Says what goes on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">The share is not above 0 to 0.5.</exception>
    /// <exception cref="InvalidDataException">The file holds no sessions, too few, or what is no product id.</exception>
    public static void EvaluateRecommender(
        string sessions,
        double heldOut,
        TextWriter report,
        TextWriter log,
        CancellationToken cancellationToken
    ) =>
        OfflineEvaluation.Run(
            SessionFile.ReadSessions(sessions),
            pastOf: null,
            heldOut,
            new RankerOptions(),
            report,
            log,
            cancellationToken
        );

    /// <summary>The same on the sessions of behaviour events, with what their visitors dealt with on earlier visits.</summary>
    /// <param name="events">Behaviour events.</param>
    /// <param name="heldOut">Share of the sessions that is asked about: the newest, above 0 to 0.5.</param>
    /// <param name="report">Takes the report.</param>
    /// <param name="log">Says what goes on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">The share is not above 0 to 0.5.</exception>
    /// <exception cref="InvalidDataException">There are too few sessions with a second visit.</exception>
    public static void EvaluateRecommender(
        IEnumerable<BehaviorEvent> events,
        double heldOut,
        TextWriter report,
        TextWriter log,
        CancellationToken cancellationToken
    )
    {
        EventSessions sessions = new(events);
        OfflineEvaluation.Run(
            sessions.Products,
            sessions.PastOf,
            heldOut,
            new RankerOptions(),
            report,
            log,
            cancellationToken
        );
    }

    private static TrainingOptions Options(IServiceProvider services) =>
        services.GetRequiredService<IOptions<TrainingOptions>>().Value;

    private static void AddJobs(IServiceCollection services)
    {
        services.AddJob<TrainPurchaseModelJob>(
            new()
            {
                Name = TrainingJobs.TrainPurchaseModel,
                Description =
                    "Trains the purchase model on the events of bronze and promotes it when it passes its gates beside the champion.",
                Queue = JobQueues.Training,
                DefaultCron = "0 3 * * *",
                FormerCronSetting = "Training:PurchaseCron",
            }
        );
        services.AddJob<TrainRecommenderJob>(
            new()
            {
                Name = TrainingJobs.TrainRecommender,
                Description =
                    "Builds the recommender from the sessions in bronze and promotes it when it passes its gates beside the champion.",
                Queue = JobQueues.Training,
                DefaultCron = "30 3 * * *",
                FormerCronSetting = "Training:RecommenderCron",
            }
        );
        services.AddJob<TunePurchaseModelJob>(
            new()
            {
                Name = TrainingJobs.TunePurchaseModel,
                Description =
                    "Begins a study that looks for better parameters of the purchase model: makes its rows, and lets its trials begin.",
                Queue = JobQueues.Tuning,
            }
        );
        services.AddJob<RunTrialJob>(
            new()
            {
                Name = TrainingJobs.RunTrial,
                Description = "Measures one trial of the study under way; every host does, side by side.",
                Queue = JobQueues.Tuning,
                RunsSideBySide = true,
            }
        );
    }

    private static void AddWatch(IServiceCollection services)
    {
        services.AddSettings<WatchOptions>("Training:Watch");
        services.AddSingleton<IValidateOptions<WatchOptions>, WatchOptionsValidator>();
        services.AddMetrics();
        services.AddSingleton<ServedPredictions>();
        services.AddSingleton<SkewCheck>();
        services.AddSingleton<DriftCheck>();
        services.AddSingleton<LiveQuality>();
        services.AddSingleton<LiveQualityTable>();
        services.AddSingleton<WatchReports>();
        services.AddSingleton<Retraining>();
        services.AddHostedService<WatchMetrics>();
        services.AddHealthChecks().AddCheck<WatchHealthCheck>("drift");
        services.AddJob<CheckFeatureSkewJob>(
            new()
            {
                Name = CheckFeatureSkewJob.Name,
                Description =
                    "Compares the features of logged predictions with the offline store's at the same moments, and reports by feature how many differ.",
                Queue = JobQueues.Training,
                DefaultCron = "30 4 * * *",
            }
        );
        services.AddJob<CheckFeatureDriftJob>(
            new()
            {
                Name = CheckFeatureDriftJob.Name,
                Description =
                    "Compares the features of logged predictions with the champion's training set, reports how far they have moved, and starts a training when one has too far.",
                DefaultCron = "0 5 * * *",
            }
        );
        services.AddJob<MeasureLiveQualityJob>(
            new()
            {
                Name = MeasureLiveQualityJob.Name,
                Description =
                    "Measures logged predictions by what was bought afterwards, by day and version, and starts a training when the champion has become worse.",
                DefaultCron = "15 5 * * *",
            }
        );
    }
}
