using System.Net;
using Fecom.Access.Authorize;
using Fecom.Platform.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Fecom.FunctionalTests.Access;

/// <summary>Every address of the host, found in the host itself, with everybody who might call it.</summary>
public sealed partial class AccessTests
{
    /// <summary>What strangers may call.</summary>
    private static readonly string[] Open =
    [
        "GET /health/live",
        "GET /health/ready",
        "GET /signin",
        "GET /signin/provider",
        "POST /signin",
        "POST /signout",
    ];

    [Fact]
    public async Task Every_address_answers_those_who_may_and_nobody_else()
    {
        string[] settings =
        [
            "serve",
            .. sign
                .Shop.Environment.Concat(sign.Settings.Select(one => KeyValuePair.Create(one.Name, one.Value)))
                .Select(one => $"--{one.Key.Replace("__", ":", StringComparison.Ordinal)}={one.Value}"),
        ];
        await using WebApplication app = Program.Build(settings);
        Route[] routes =
        [
            .. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).SelectMany(Routes),
        ];
        Assert.True(routes.Length > 60, $"Only {routes.Length} addresses were found.");
        Assert.Equal(
            Open,
            routes.Where(route => route.IsOpen).Select(route => route.Name).Order(StringComparer.Ordinal)
        );

        (string Name, Func<string, bool> May, HttpClient Client)[] callers = await CallersAsync();
        List<string> wrong = [];
        foreach (Route route in routes.Where(route => !route.IsOpen))
        {
            if (route.Scope is null)
            {
                wrong.Add($"{route.Name}: AccessTable says not who may call it");
                continue;
            }

            foreach ((string name, Func<string, bool> may, HttpClient client) in callers)
            {
                using HttpRequestMessage request = new(new HttpMethod(route.Method), route.Path);
                using HttpResponseMessage answer = await client.SendAsync(request, Cancelled);
                HttpStatusCode? refusal =
                    may(route.Scope) ? null
                    : name == "nobody" ? HttpStatusCode.Unauthorized
                    : HttpStatusCode.Forbidden;
                bool isRefused = answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
                if (refusal is null ? isRefused : answer.StatusCode != refusal)
                {
                    wrong.Add($"{route.Name}, {route.Scope}, {name}: {(int)answer.StatusCode}");
                }
            }
        }

        foreach ((_, _, HttpClient client) in callers)
        {
            client.Dispose();
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private async Task<(string Name, Func<string, bool> May, HttpClient Client)[]> CallersAsync()
    {
        HttpClient admin = await sign.SignedInAsync();
        List<(string, Func<string, bool>, HttpClient)> callers = [("nobody", _ => false, sign.Browser())];
        foreach (string role in AccessRoles.All)
        {
            await AddPersonAsync(admin, $"route {role}", role);
            callers.Add(
                (role, scope => AccessRoles.Has(role, scope), await sign.SignedInAsync($"route {role}", PersonPassword))
            );
        }

        foreach (string scope in AccessScopes.All)
        {
            string key = (
                await SignInHost.KeyAsync(admin, new { name = $"route {scope}", scopes = new[] { scope } })
            ).Key;
            callers.Add(
                (
                    $"key {scope}",
                    needed =>
                        needed == scope
                        || scope == AccessScopes.Admin
                        || (scope == AccessScopes.Operate && needed == AccessScopes.Read),
                    sign.Program(key)
                )
            );
        }

        admin.Dispose();
        return [.. callers];
    }

    private static IEnumerable<Route> Routes(Microsoft.AspNetCore.Http.Endpoint endpoint)
    {
        if (endpoint is not RouteEndpoint route)
        {
            yield break;
        }

        // What stands for ids is none that there is: whoever may call changes nothing.
        string path =
            "/"
            + string.Join(
                '/',
                route.RoutePattern.PathSegments.Select(segment =>
                    string.Concat(
                        segment.Parts.Select(part =>
                            part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal
                                ? literal.Content
                            : part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter
                            && route.RoutePattern.ParameterPolicies.TryGetValue(parameter.Name, out var policies)
                                ? policies[0].Content switch
                                {
                                    "guid" => Guid.Empty.ToString(),
                                    _ => "0",
                                }
                            : "x"
                        )
                    )
                )
            );
        foreach (string method in route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"])
        {
            yield return new Route(
                method,
                path,
                route.Metadata.GetMetadata<IAllowAnonymous>() is not null,
                route.Metadata.GetMetadata<IAuthorizeData>()?.Policy is { } policy
                    ? AccessRoles.All.Contains(policy)
                        ? AccessRoles.ScopeOf(policy)
                        : policy
                    : AccessTable.Find(route, method, path)
            );
        }
    }

    private sealed record Route(string Method, string Path, bool IsOpen, string? Scope)
    {
        public string Name => $"{Method} {Path}";
    }
}
