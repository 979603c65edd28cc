using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Retries;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.AlertInvalidShare;

/// <summary>When a rise of the invalid share is an alert, and who is told. Section <c>Validation:Alert</c>.</summary>
internal sealed class AlertOptions
{
    /// <summary>Share of invalid events above which an alert is raised. Default 0.05; 1 raises none.</summary>
    [Range(0.0, 1.0)]
    public double Threshold { get; set; } = 0.05;

    /// <summary>Share of the threshold down to which the invalid share must fall for the alert to end. Default 0.8.</summary>
    [Range(0.0, 1.0)]
    public double ResolveAt { get; set; } = 0.8;

    /// <summary>Seconds over which events are counted. Default 300.</summary>
    [Range(1, 86_400)]
    public int WindowSeconds { get; set; } = 300;

    /// <summary>Events that the window must have for an alert to be raised. Default 100.</summary>
    [Range(1, long.MaxValue)]
    public long MinEvents { get; set; } = 100;

    /// <summary>Seconds between two looks. Default 10.</summary>
    [Range(0.05, 3_600)]
    public double CheckSeconds { get; set; } = 10;

    /// <summary>Where a rise and its end are posted as JSON, besides the log and the metrics. Nowhere by default.</summary>
    [RegularExpression("^(https?://.+)?$", ErrorMessage = "Validation:Alert:WebhookUrl is an http or https address.")]
    public string? WebhookUrl { get; set; }

    /// <summary>Seconds after which a post without an answer is given up and repeated. Default 10.</summary>
    [Range(0.1, 300)]
    public double WebhookTimeoutSeconds { get; set; } = 10;

    /// <summary>The waits until a post is repeated.</summary>
    public RetrySchedule WebhookWaits => new(TimeSpan.FromSeconds(CheckSeconds), TimeSpan.FromMinutes(5));
}

[OptionsValidator]
internal sealed partial class AlertOptionsValidator : IValidateOptions<AlertOptions>;
