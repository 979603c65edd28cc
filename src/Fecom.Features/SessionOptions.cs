using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Features;

/// <summary>How sessions are stepped, and how long they are kept. Section <c>Features:Sessions</c>.</summary>
internal sealed class SessionOptions
{
    /// <summary>
    /// Seconds by which an event may be older than its session's newest and still take its place by event time: its
    /// <c>activity_count</c> says which, and the rows that follow it count up. What is older still counts as if it had come just
    /// before these. For a feed that is not keyed by user it is to be longer than a visit. Default 7,200.
    /// </summary>
    [Range(0, 86_400)]
    public int LatenessSeconds { get; set; } = 7_200;

    /// <summary>
    /// Days for which the state of a session without events is kept: longer than it lives online, so that a late event still
    /// finds it. An event of the same session after that begins it anew. Default 90.
    /// </summary>
    [Range(3, 3_650)]
    public int KeepDays { get; set; } = 90;

    /// <summary>
    /// Days for which <c>features.session_row</c>, from which models learn, keeps a row after its event was received. An endpoint
    /// that is moved back further than that counts what it reads again, so this is longer than Kafka keeps messages. Default 730.
    /// </summary>
    [Range(8, 36_500)]
    public int RowKeepDays { get; set; } = 730;
}

[OptionsValidator]
internal sealed partial class SessionOptionsValidator : IValidateOptions<SessionOptions>;
