using Fecom.Platform.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Fecom.Access.Authorize;

/// <summary>The caller must have a scope.</summary>
/// <param name="Scope">Which one; null: the one that <see cref="AccessTable"/> has for the request.</param>
internal sealed record ScopeRequirement(string? Scope) : IAuthorizationRequirement;

/// <summary>Decides by what authentication found.</summary>
internal sealed class ScopeAuthorization : AuthorizationHandler<ScopeRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, ScopeRequirement requirement)
    {
        string scope =
            requirement.Scope ?? (context.Resource is HttpContext http ? Needed(http) : null) ?? AccessScopes.Admin;
        if (CallerRights.Allows(context.User, scope))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }

    /// <summary>The scope that a request needs.</summary>
    public static string? Needed(HttpContext http) =>
        AccessTable.Find(http.GetEndpoint(), http.Request.Method, http.Request.Path);
}
