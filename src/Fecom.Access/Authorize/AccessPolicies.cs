using Fecom.Platform.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Access.Authorize;

/// <summary>Policies by the names of the roles and scopes; and what holds for everything that names none: the table.</summary>
internal static class AccessPolicies
{
    public static void AddAccessPolicies(this IServiceCollection services)
    {
        AuthorizationBuilder authorization = services
            .AddAuthorizationBuilder()
            .SetFallbackPolicy(Needing(null))
            .SetDefaultPolicy(Needing(AccessScopes.Read));
        foreach (string scope in AccessScopes.All)
        {
            authorization.AddPolicy(scope, Needing(scope));
        }

        foreach (string role in AccessRoles.All)
        {
            authorization.AddPolicy(role, Needing(AccessRoles.ScopeOf(role)));
        }

        services.AddSingleton<IAuthorizationHandler, ScopeAuthorization>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessRefusal>();
    }

    private static AuthorizationPolicy Needing(string? scope) =>
        new AuthorizationPolicyBuilder().AddRequirements(new ScopeRequirement(scope)).Build();
}
