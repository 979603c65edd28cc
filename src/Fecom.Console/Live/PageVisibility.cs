using Microsoft.JSInterop;

namespace Fecom.WebConsole.Live;

/// <summary>Whether somebody sees the page: the browser says when its tab is hidden and shown again.</summary>
internal sealed class PageVisibility
{
    /// <summary>It is hidden now, or shown again.</summary>
    public event EventHandler? Changed;

    public bool Hidden { get; private set; }

    /// <summary>Called by the page's script.</summary>
    [JSInvokable]
    public void Set(bool hidden)
    {
        Hidden = hidden;
        Changed?.Invoke(this, EventArgs.Empty);
    }
}
