using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Access.ForwardCallers;

/// <summary>
/// The person of the page that runs just now. A handler of an HTTP client is made in a scope of its own, so that the page's own
/// services are handed on with the flow of what the page does.
/// </summary>
internal sealed class PageCaller
{
    private readonly AsyncLocal<IServiceProvider?> _page = new();

    /// <summary>What follows is done for a page.</summary>
    public void Enter(IServiceProvider? page) => _page.Value = page;

    /// <summary>The person; null when no page runs.</summary>
    public async Task<ClaimsPrincipal?> FindAsync() =>
        _page.Value?.GetService<AuthenticationStateProvider>() is { } people
            ? (await people.GetAuthenticationStateAsync()).User
            : null;
}

/// <summary>Tells of each thing that a person does on a page for which page it is.</summary>
internal sealed class PageCallerCircuit(PageCaller caller, IServiceProvider page) : CircuitHandler
{
    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(
        Func<CircuitInboundActivityContext, Task> next
    ) =>
        async context =>
        {
            caller.Enter(page);
            try
            {
                await next(context);
            }
            finally
            {
                caller.Enter(null);
            }
        };
}
