using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Retention;

/// <summary>How long the platform's own records are kept. Section <c>Retention</c>.</summary>
internal sealed class RetentionOptions
{
    /// <summary>Days for which a dead letter is kept after it was resent. Default 30.</summary>
    [Range(1, 3_650)]
    public int ResentDeadLetterDays { get; set; } = 30;

    /// <summary>Days for which a dead letter is kept that nobody has resent; after that its message is lost. Default 365.</summary>
    [Range(1, 3_650)]
    public int DeadLetterDays { get; set; } = 365;

    /// <summary>
    /// Days for which the record of an applied offset move is kept. An endpoint that was moved back must reach its former
    /// offset within this time, or it takes re-read messages for duplicates. Default 90.
    /// </summary>
    [Range(1, 3_650)]
    public int OffsetMoveDays { get; set; } = 90;

    /// <summary>
    /// Days for which a sink's position in a file is kept after its last message. Must be longer than
    /// <c>Ingestion:Files:ForgetDays</c>, or a file that is put back counts twice. Default 1,095.
    /// </summary>
    [Range(1, 36_500)]
    public int FileSourceDays { get; set; } = 1_095;
}

[OptionsValidator]
internal sealed partial class RetentionOptionsValidator : IValidateOptions<RetentionOptions>;
