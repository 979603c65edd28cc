using System.Net.Http.Headers;
using System.Security.Claims;
using Fecom.Access.Authenticate;
using Microsoft.Extensions.Options;

namespace Fecom.Access.ForwardCallers;

/// <summary>Has the console's calls of the host's own API made in the name of the person who looks at the page. A host without sign-in needs none.</summary>
internal sealed class CallerForwarding(OwnPageToken tokens, IOptions<AccessOptions> options) : DelegatingHandler
{
    /// <summary>The console says with each request who looks at the page.</summary>
    private static readonly HttpRequestOptionsKey<ClaimsPrincipal> Person = new("fecom.person");

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        if (
            options.Value.NeedsSignIn
            && request.Options.TryGetValue(Person, out ClaimsPrincipal? person)
            && person.Identity?.IsAuthenticated == true
        )
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(
                OwnPageAuthentication.Prefix.TrimEnd(),
                tokens.Write(person)
            );
        }

        return base.SendAsync(request, cancellationToken);
    }
}
