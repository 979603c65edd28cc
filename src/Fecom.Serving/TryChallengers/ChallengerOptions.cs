using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.TryChallengers;

/// <summary>How much of the traffic challengers have until somebody sets it through the API. Section <c>Serving:Challenger</c>.</summary>
internal sealed class ChallengerOptions
{
    /// <summary>Share of the visitors whom the challenger of a model answers, 0 (none) to 1 (all). Default 0.</summary>
    [Range(0.0, 1.0)]
    public double CanaryShare { get; set; }

    /// <summary>Share of the champion's answers that the challenger gives too, unseen, 0 (none) to 1 (all). Default 0.</summary>
    [Range(0.0, 1.0)]
    public double ShadowShare { get; set; }

    /// <summary>Products and instances whose unseen answers wait at once; what comes while there are so many is dropped and counted. Default 5,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaitingShadows { get; set; } = 5_000;
}

[OptionsValidator]
internal sealed partial class ChallengerOptionsValidator : IValidateOptions<ChallengerOptions>;
