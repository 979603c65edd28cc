using Fecom.WebConsole.Language;
using Microsoft.AspNetCore.Components;

namespace Fecom.WebConsole.Shell;

/// <summary>What every part of a page has at hand.</summary>
public abstract class ConsoleComponent : ComponentBase
{
    [CascadingParameter]
    private protected Locale Locale { get; set; } = null!;

    /// <summary>Whether the person may change something, and not only look.</summary>
    [CascadingParameter(Name = "CanOperate")]
    private protected bool CanOperate { get; set; }

    private protected string T(string key, params object?[] values) => Locale.T(key, values);
}
