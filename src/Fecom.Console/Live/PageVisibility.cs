using Microsoft.JSInterop;

namespace Fecom.WebConsole.Live;

/// <summary>
/// Whether somebody sees the page: the browser says when its tab is hidden and shown again, and where its connection is lost nobody
/// does, though the host keeps the page for some minutes in case it comes back.
/// </summary>
internal sealed class PageVisibility
{
    private bool _tabHidden;
    private bool _disconnected;

    /// <summary>It is hidden now, or shown again.</summary>
    public event EventHandler? Changed;

    public bool Hidden => _tabHidden || _disconnected;

    /// <summary>Called by the page's script.</summary>
    [JSInvokable]
    public void Set(bool hidden) => Change(hidden, _disconnected);

    /// <summary>The browser's connection is lost, or back.</summary>
    public void SetDisconnected(bool disconnected) => Change(_tabHidden, disconnected);

    private void Change(bool tabHidden, bool disconnected)
    {
        bool before = Hidden;
        (_tabHidden, _disconnected) = (tabHidden, disconnected);
        if (before != Hidden)
        {
            Changed?.Invoke(this, EventArgs.Empty);
        }
    }
}
