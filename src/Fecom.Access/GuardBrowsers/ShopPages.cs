using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Access.GuardBrowsers;

/// <summary>Lets pages of the shop send events and feedback with a publishable key: CORS, for the origins of <c>Access:Origins</c> and for these calls alone.</summary>
internal static class ShopPages
{
    private static readonly PathString[] Calls = [$"{ApiRoutes.Root}/events", $"{ApiRoutes.Root}/feedback"];

    public static void AddShopPages(this IServiceCollection services) => services.AddCors();

    public static void UseShopPages(this IApplicationBuilder app, IEnumerable<string> origins)
    {
        string[] allowed = [.. origins];
        if (allowed.Length == 0)
        {
            return;
        }

        app.UseWhen(
            http => Array.Exists(Calls, call => http.Request.Path.Equals(call, StringComparison.OrdinalIgnoreCase)),
            calls =>
                calls.UseCors(cors =>
                    cors.WithOrigins(allowed)
                        .WithMethods(HttpMethods.Post)
                        .WithHeaders("Authorization", "Content-Type")
                        .SetPreflightMaxAge(TimeSpan.FromHours(1))
                )
        );
    }
}
