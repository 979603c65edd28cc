using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Retention;

/// <summary>How long the platform's own records are kept. Section <c>Retention</c>.</summary>
internal sealed class RetentionOptions
{
    /// <summary>Days for which a dead letter is kept after it was resent. Default 30.</summary>
    [Range(1, 3_650)]
    public int ResentDeadLetterDays { get; set; } = 30;

    /// <summary>Days for which a dead letter is kept that nobody has resent: its message is lost then. Default 365.</summary>
    [Range(1, 3_650)]
    public int DeadLetterDays { get; set; } = 365;

    /// <summary>
    /// Days for which it is remembered that an endpoint's offset was moved. For so long an endpoint that was moved back may take
    /// to come to where it stood. Default 90.
    /// </summary>
    [Range(1, 3_650)]
    public int OffsetMoveDays { get; set; } = 90;

    /// <summary>
    /// Days for which it is remembered how far a sink has come in a file that brought nothing since. Longer than
    /// <c>Ingestion:Files:ForgetDays</c>, or a file that is put back counts again. Default 1,095.
    /// </summary>
    [Range(1, 36_500)]
    public int FileSourceDays { get; set; } = 1_095;
}

[OptionsValidator]
internal sealed partial class RetentionOptionsValidator : IValidateOptions<RetentionOptions>;
