using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Features.ForgetSessions;

/// <summary>How long sessions are kept. Section <c>Features:Sessions</c>.</summary>
internal sealed class SessionOptions
{
    /// <summary>
    /// Days for which the state of a session without events is kept: longer than it lives online, so that a late event still
    /// finds it. An event of the same session after that begins it anew. Default 90.
    /// </summary>
    [Range(3, 3_650)]
    public int KeepDays { get; set; } = 90;
}

[OptionsValidator]
internal sealed partial class SessionOptionsValidator : IValidateOptions<SessionOptions>;
