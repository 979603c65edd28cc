using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Retries;
using Microsoft.Extensions.Options;

namespace Fecom.Training;

/// <summary>The MLflow server that is told of finished trainings, registered versions and their aliases. Section <c>MLflow</c>.</summary>
internal sealed class MlflowOptions : IValidatableObject
{
    /// <summary>The section of the settings.</summary>
    public const string Section = "MLflow";

    /// <summary>Its address, such as <c>https://mlflow:5000</c>. Without one (the default) nothing is told.</summary>
    [RegularExpression("^(https?://.+)?$", ErrorMessage = "MLflow:TrackingUri is an http or https address.")]
    public string? TrackingUri { get; set; }

    /// <summary>The experiment of the runs; made when it is missing. Default <c>fecom</c>.</summary>
    [Required, StringLength(500, MinimumLength = 1)]
    public string Experiment { get; set; } = "fecom";

    /// <summary>Before the names of models in its registry. Default <c>fecom-</c>.</summary>
    [StringLength(100)]
    public string ModelPrefix { get; set; } = "fecom-";

    /// <summary>A token, sent as <c>Authorization: Bearer</c>. Default none.</summary>
    public string? Token { get; set; }

    /// <summary>A user name for basic authentication. Default none.</summary>
    public string? Username { get; set; }

    /// <summary>Its password.</summary>
    public string? Password { get; set; }

    /// <summary>Seconds after which a call without an answer, or the upload of a file, is given up and repeated. Default 120.</summary>
    [Range(0.1, 3_600)]
    public double TimeoutSeconds { get; set; } = 120;

    /// <summary>Seconds between two looks for what was not told yet. Default 5.</summary>
    [Range(0.1, 3_600)]
    public double PollSeconds { get; set; } = 5;

    /// <summary>Seconds after the first failure until the next attempt; it doubles with each further one. Default 5.</summary>
    [Range(0.01, 3_600)]
    public double RetrySeconds { get; set; } = 5;

    /// <summary>Maximum delay between attempts, in seconds. Default 300.</summary>
    [Range(0.01, 86_400)]
    public double MaxRetrySeconds { get; set; } = 300;

    internal bool IsEnabled => !string.IsNullOrEmpty(TrackingUri);

    internal RetrySchedule Waits => new(TimeSpan.FromSeconds(RetrySeconds), TimeSpan.FromSeconds(MaxRetrySeconds));

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!string.IsNullOrEmpty(Token) && !string.IsNullOrEmpty(Username))
        {
            yield return new ValidationResult("MLflow:Token and MLflow:Username are both set: one of them is needed.");
        }

        if (string.IsNullOrEmpty(Username) != string.IsNullOrEmpty(Password))
        {
            yield return new ValidationResult(
                "MLflow:Username and MLflow:Password go together: one of them is not set."
            );
        }
    }
}

[OptionsValidator]
internal sealed partial class MlflowOptionsValidator : IValidateOptions<MlflowOptions>;
