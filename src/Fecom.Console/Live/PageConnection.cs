using Microsoft.AspNetCore.Components.Server.Circuits;

namespace Fecom.WebConsole.Live;

/// <summary>Says to a page when its browser's connection is lost, and when it is back.</summary>
internal sealed class PageConnection(PageVisibility visibility) : CircuitHandler
{
    public override Task OnConnectionDownAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        visibility.SetDisconnected(true);
        return Task.CompletedTask;
    }

    public override Task OnConnectionUpAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        visibility.SetDisconnected(false);
        return Task.CompletedTask;
    }
}
