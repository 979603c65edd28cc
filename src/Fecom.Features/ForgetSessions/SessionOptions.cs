using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Features.ForgetSessions;

/// <summary>How long the newest states of sessions are kept. Section <c>Features:Sessions</c>.</summary>
internal sealed class SessionOptions
{
    /// <summary>
    /// Days for which the state of a session without events is kept: far longer than it lives online, so that a late event still
    /// finds it. An event of the same session after that begins it anew. Training has its rows in <c>features.session_row</c>,
    /// which stay. Default 90.
    /// </summary>
    [Range(3, 3_650)]
    public int KeepDays { get; set; } = 90;
}

[OptionsValidator]
internal sealed partial class SessionOptionsValidator : IValidateOptions<SessionOptions>;
