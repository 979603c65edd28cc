using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Serving;

/// <summary>How recommendations are remembered for the feedback on them. Section <c>Serving:Feedback</c>.</summary>
internal sealed class FeedbackOptions
{
    /// <summary>How long after an answer feedback on it counts. Default seven days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00")]
    public TimeSpan AttributionWindow { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Days for which answers and feedback are kept; not fewer than the attribution window has. Default 30.</summary>
    [Range(1, 3_650)]
    public int KeepDays { get; set; } = 30;

    /// <summary>Answers that wait in memory to be written, up to 10 KB each; what comes while there are so many is not recorded, which health says. Default 20,000.</summary>
    [Range(100, 1_000_000)]
    public int MaxWaitingAnswers { get; set; } = 20_000;
}

[OptionsValidator]
internal sealed partial class FeedbackOptionsValidator : IValidateOptions<FeedbackOptions>;

/// <summary>An answer must not be forgotten while feedback on it still counts.</summary>
internal sealed class FeedbackDaysValidator : IValidateOptions<FeedbackOptions>
{
    public ValidateOptionsResult Validate(string? name, FeedbackOptions options) =>
        options.AttributionWindow <= TimeSpan.FromDays(options.KeepDays)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"Serving:Feedback:KeepDays is {options.KeepDays}, and Serving:Feedback:AttributionWindow is longer ({options.AttributionWindow}): feedback counts only while the answer that it names is kept."
            );
}
