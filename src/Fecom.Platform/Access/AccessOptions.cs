using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Access;

/// <summary>Who may see and do what in a browser. Section <c>Access</c>.</summary>
internal sealed class AccessOptions
{
    public const string Loopback = "loopback";
    public const string Anyone = "anyone";
    public const string Nobody = "nobody";

    /// <summary>Who may open the jobs' dashboard. Default <c>loopback</c>: callers on this machine.</summary>
    [AllowedValues(Loopback, Anyone, Nobody, ErrorMessage = "Access:Dashboard is loopback, anyone or nobody.")]
    public string Dashboard { get; set; } = Loopback;

    /// <summary>Who may start and delete runs on the dashboard; everybody else who may open it only reads. Default <c>loopback</c>: callers on this machine.</summary>
    [AllowedValues(Loopback, Anyone, Nobody, ErrorMessage = "Access:Operate is loopback, anyone or nobody.")]
    public string Operate { get; set; } = Loopback;
}

[OptionsValidator]
internal sealed partial class AccessOptionsValidator : IValidateOptions<AccessOptions>;
