using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Retries;
using Microsoft.Extensions.Options;

namespace Fecom.Training;

/// <summary>How models are trained. Section <c>Training</c>; when they are is a matter of their jobs.</summary>
internal sealed class TrainingOptions
{
    /// <summary>Whether models are trained by themselves when there is data and no champion yet, and when the data have doubled. Default true.</summary>
    public bool TrainAfterFirstLoad { get; set; } = true;

    /// <summary>
    /// When a product counts as bought that was put into the cart: zero, the default, when it was bought later in the same session; otherwise when the
    /// visitor bought it within this time, in whatever session.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "90.00:00:00")]
    public TimeSpan PurchaseHorizon { get; set; }

    /// <summary>What it costs the shop to act on a cart that is not bought: with <see cref="MissCost"/> it says from which probability on acting pays. Default 1.</summary>
    [Range(0.000_001, 1_000_000)]
    public double FalseAlarmCost { get; set; } = 1;

    /// <summary>What it costs the shop to leave a cart alone that is bought, in the unit of <see cref="FalseAlarmCost"/>. Default 4: acting pays from .2 on.</summary>
    [Range(0.000_001, 1_000_000)]
    public double MissCost { get; set; } = 4;

    /// <summary>Threads for training; 0, the default, takes half of the cores, so that serving keeps the other half.</summary>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Whether a training of the purchase model takes the best parameters of the newest study, where there is one. Default true.</summary>
    public bool UseStudies { get; set; } = true;

    /// <summary>How long a trial of a study waits for a sign of life of its host before another host takes it. Default 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan TrialLease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Of <see cref="PromoteWhen"/>: it is worse by no more than its tolerance, or not surely worse.</summary>
    public const string NoWorse = "no_worse";

    /// <summary>Of <see cref="PromoteWhen"/>: it is surely better.</summary>
    public const string Better = "better";

    /// <summary>
    /// What a new version must show beside the champion on the same newest sessions. <c>no_worse</c>, the default, refuses one that is worse by more
    /// than its tolerance where the whole 95 % interval of the difference lies below zero: newer data are worth something by
    /// themselves. <c>better</c> asks that the whole interval lie above <see cref="PromotionMargin"/>.
    /// </summary>
    [AllowedValues(NoWorse, Better)]
    public string PromoteWhen { get; set; } = NoWorse;

    /// <summary>By how much, as a share of the champion's figure, a new version must be better where <see cref="PromoteWhen"/> is <c>better</c>. Default 0.</summary>
    [Range(0.0, 1.0)]
    public double PromotionMargin { get; set; }

    /// <summary>Whether a version that has passed its gates waits as the challenger until somebody makes it champion. Default false.</summary>
    public bool Approval { get; set; }

    /// <summary>How much larger the calibration error of a new purchase model may be than the champion's. Default 0.01.</summary>
    [Range(0.0, 1.0)]
    public double CalibrationTolerance { get; set; } = 0.01;

    /// <summary>How much worse in PR-AUC, as a share of the champion's, a new purchase model may be on the same newest sessions. Default 0.02.</summary>
    [Range(0.0, 1.0)]
    public double PurchaseTolerance { get; set; } = 0.02;

    /// <summary>How much worse in HitRate@20, as a share of the champion's own, a new recommender may be. Default 0.1.</summary>
    [Range(0.0, 1.0)]
    public double RecommenderTolerance { get; set; } = 0.1;

    /// <summary>Newest versions of each model whose artifacts are kept, beside the champion and the three champions before it. Default 10.</summary>
    [Range(1, 1_000)]
    public int KeepVersions { get; set; } = 10;

    /// <summary>How long after the last training that succeeded a model says that it is stale. Default three days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan StaleAfter { get; set; } = TimeSpan.FromDays(3);

    /// <summary>How often the champions are announced again, in case a listener missed it. Default ten seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AnnounceInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Where each move of an alias is posted as JSON: promotions, rollbacks, challengers. Nowhere by default.</summary>
    [RegularExpression("^(https?://.+)?$", ErrorMessage = "Training:WebhookUrl is an http or https address.")]
    public string? WebhookUrl { get; set; }

    /// <summary>Seconds after which a post without an answer is given up and repeated. Default 10.</summary>
    [Range(0.1, 300)]
    public double WebhookTimeoutSeconds { get; set; } = 10;

    internal TimeSpan? Horizon => PurchaseHorizon > TimeSpan.Zero ? PurchaseHorizon : null;

    internal bool HasWebhook => !string.IsNullOrEmpty(WebhookUrl);

    internal RetrySchedule WebhookWaits => new(AnnounceInterval, TimeSpan.FromMinutes(5));

    internal int ThreadsToUse => Threads > 0 ? Threads : Math.Max(1, Environment.ProcessorCount / 2);
}

[OptionsValidator]
internal sealed partial class TrainingOptionsValidator : IValidateOptions<TrainingOptions>;
