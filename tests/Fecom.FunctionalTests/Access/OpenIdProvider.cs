using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Fecom.FunctionalTests.Access;

/// <summary>A real OpenID provider that knows one client, and signs in whom a test says.</summary>
internal sealed class OpenIdProvider : IAsyncDisposable
{
    public const string Client = "fecom";
    public const string Secret = "planted-client-secret";

    private readonly WebApplication _app;

    private OpenIdProvider(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    /// <summary>The name of who signs in next, and what the provider says that they are.</summary>
    public (string Name, string[] Roles) Person { get; set; } = ("lan", []);

    public static async Task<OpenIdProvider> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder
            .Services.AddOpenIddict()
            .AddServer(server =>
            {
                // Codes and tokens carry everything: no store is needed.
                server.EnableDegradedMode();
                server.SetAuthorizationEndpointUris("authorize").SetTokenEndpointUris("token");
                server.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange();
                server.RegisterScopes("openid", "profile");
                server.AddEphemeralEncryptionKey().AddEphemeralSigningKey();
                server.UseAspNetCore().EnableAuthorizationEndpointPassthrough().DisableTransportSecurityRequirement();
                server.AddEventHandler<ValidateAuthorizationRequestContext>(handler =>
                    handler.UseInlineHandler(context =>
                    {
                        if (context.ClientId != Client)
                        {
                            context.Reject("invalid_client");
                        }

                        return ValueTask.CompletedTask;
                    })
                );
                server.AddEventHandler<ValidateTokenRequestContext>(handler =>
                    handler.UseInlineHandler(context =>
                    {
                        if (context.ClientId != Client || context.ClientSecret != Secret)
                        {
                            context.Reject("invalid_client");
                        }

                        return ValueTask.CompletedTask;
                    })
                );
            });
        WebApplication app = builder.Build();
        OpenIdProvider provider = new(app);
        app.MapGet("/authorize", provider.Authorize);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return provider;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private IResult Authorize()
    {
        ClaimsIdentity identity = new("test", OpenIddictConstants.Claims.Name, OpenIddictConstants.Claims.Role);
        identity.SetClaim(OpenIddictConstants.Claims.Subject, Person.Name);
        identity.SetClaim(OpenIddictConstants.Claims.PreferredUsername, Person.Name);
        identity.SetClaims("roles", [.. Person.Roles]);
        identity.SetScopes("openid", "profile");
        identity.SetDestinations(_ => [OpenIddictConstants.Destinations.IdentityToken]);
        return Results.SignIn(
            new ClaimsPrincipal(identity),
            authenticationScheme: OpenIddictServerAspNetCoreDefaults.AuthenticationScheme
        );
    }
}
