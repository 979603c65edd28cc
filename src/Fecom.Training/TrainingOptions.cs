using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Training;

/// <summary>When and how models are trained. Section <c>Training</c>.</summary>
internal sealed class TrainingOptions
{
    /// <summary>When the purchase model is trained: Quartz's cron with seconds, UTC. Default every night at 03:00. Empty trains on demand only.</summary>
    public string PurchaseCron { get; set; } = "0 0 3 * * ?";

    /// <summary>When the recommender is trained: Quartz's cron with seconds, UTC. Default every night at 03:30. Empty trains on demand only.</summary>
    public string RecommenderCron { get; set; } = "0 30 3 * * ?";

    /// <summary>Whether models are trained by themselves when there is data and no champion yet. Default true.</summary>
    public bool TrainAfterFirstLoad { get; set; } = true;

    /// <summary>Threads for training; 0, the default, takes half of the cores, so that serving keeps the other half.</summary>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>How much worse in PR-AUC, as a share of the champion's, a new purchase model may be on the same newest sessions. Default 0.02.</summary>
    [Range(0.0, 1.0)]
    public double PurchaseTolerance { get; set; } = 0.02;

    /// <summary>How much worse in HitRate@20, as a share of the champion's own, a new recommender may be. Default 0.1.</summary>
    [Range(0.0, 1.0)]
    public double RecommenderTolerance { get; set; } = 0.1;

    /// <summary>How often the champions are announced again, in case a listener missed it. Default ten seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AnnounceInterval { get; set; } = TimeSpan.FromSeconds(10);

    internal int ThreadsToUse => Threads > 0 ? Threads : Math.Max(1, Environment.ProcessorCount / 2);
}

[OptionsValidator]
internal sealed partial class TrainingOptionsValidator : IValidateOptions<TrainingOptions>;
