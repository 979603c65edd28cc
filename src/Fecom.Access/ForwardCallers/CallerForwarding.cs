using System.Net.Http.Headers;
using System.Security.Claims;
using Fecom.Access.Authenticate;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Fecom.Access.ForwardCallers;

/// <summary>Has the console's calls of the host's own API made in the name of the person who looks at the page. A host without sign-in needs none.</summary>
internal sealed class CallerForwarding(
    PageCaller page,
    IHttpContextAccessor http,
    OwnPageToken tokens,
    IOptions<AccessOptions> options
) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        if (options.Value.NeedsSignIn && request.Headers.Authorization is null)
        {
            ClaimsPrincipal? caller = await page.FindAsync() ?? http.HttpContext?.User;
            if (caller?.Identity?.IsAuthenticated == true)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue(
                    OwnPageAuthentication.Prefix.TrimEnd(),
                    tokens.Write(caller)
                );
            }
        }

        return await base.SendAsync(request, cancellationToken);
    }
}
