using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.LogPredictions;

/// <summary>Which purchase predictions are logged with their features. Section <c>Serving:PredictionLog</c>.</summary>
internal sealed class PredictionLogOptions
{
    /// <summary>Share of the predictions that is logged, 0 (none) to 1 (all). A row takes about 400 bytes in PostgreSQL. Default 0.1.</summary>
    [Range(0.0, 1.0)]
    public double Share { get; set; } = 0.1;

    /// <summary>Days for which they are kept. Default 30.</summary>
    [Range(1, 3_650)]
    public int KeepDays { get; set; } = 30;
}

[OptionsValidator]
internal sealed partial class PredictionLogOptionsValidator : IValidateOptions<PredictionLogOptions>;
