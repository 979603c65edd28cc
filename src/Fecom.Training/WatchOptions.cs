using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Training;

/// <summary>When the features or the quality of a model that serves have moved too far. Section <c>Training:Watch</c>; when they are looked at is a matter of the jobs.</summary>
internal sealed class WatchOptions
{
    /// <summary>Days of logged predictions that are looked at. Default 7, so that each weekday counts once.</summary>
    [Range(1, 90)]
    public int WindowDays { get; set; } = 7;

    /// <summary>Logged predictions that there must be for anything to be said of them. Default 500.</summary>
    [Range(1, 1_000_000)]
    public int MinPredictions { get; set; } = 500;

    /// <summary>Logged predictions that are looked at, at most: about 600 bytes of memory each. Default 20,000.</summary>
    [Range(100, 1_000_000)]
    public int MaxPredictions { get; set; } = 20_000;

    /// <summary>Population stability index of a feature above which it has drifted. Default 0.25.</summary>
    [Range(0.0, 100.0)]
    public double DriftThreshold { get; set; } = 0.25;

    /// <summary>Features whose drift raises nothing, separated by commas. Default those of the clock.</summary>
    [MaxLength(2_000)]
    public string IgnoredFeatures { get; set; } = "hour,weekday,event_weekday";

    /// <summary>Share of the predictions in which a served feature may differ from the offline one. Default 0.01.</summary>
    [Range(0.0, 1.0)]
    public double SkewThreshold { get; set; } = 0.01;

    /// <summary>How long after it was received an event may be missing from the online store without counting as skew. Default five seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan SkewLag { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How old a prediction must be to be compared: by then bronze has all events that were received before it. Default ten minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan SkewDelay { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How far the live AUC may be below that of the training's newest sessions, beyond what chance explains. Default 0.05.</summary>
    [Range(0.0, 1.0)]
    public double AucLoss { get; set; } = 0.05;

    /// <summary>How far the live calibration error may be above that of the training's newest sessions. Default 0.05.</summary>
    [Range(0.0, 1.0)]
    public double CalibrationLoss { get; set; } = 0.05;

    /// <summary>After how long a prediction's visit counts as over, where bought means bought in the same visit (<c>Training:PurchaseHorizon</c> is zero). Default two hours.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan LabelDelay { get; set; } = TimeSpan.FromHours(2);

    /// <summary>Whether drift or a fall of live quality starts a training. Default true.</summary>
    public bool Retrain { get; set; } = true;

    /// <summary>How long after one such training no other is started. Default one day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan CoolDown { get; set; } = TimeSpan.FromDays(1);

    internal TimeSpan Window => TimeSpan.FromDays(WindowDays);

    internal IReadOnlyCollection<string> Ignored =>
        IgnoredFeatures.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

[OptionsValidator]
internal sealed partial class WatchOptionsValidator : IValidateOptions<WatchOptions>;
