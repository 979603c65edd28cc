using Microsoft.AspNetCore.Http;

namespace Fecom.Access.GuardBrowsers;

/// <summary>
/// Refuses what a page of another origin has a person's browser do: changes, and opening the console's hub. It goes by headers that
/// browsers set and no page can (Sec-Fetch-Site, else Origin), not by a token in each form: so it holds for every call and
/// without sign-in too, and a program, which sends neither, needs nothing. A call with a key of its own is not the browser's doing.
/// </summary>
internal static class OriginCheck
{
    /// <summary>What is wrong with the request; null when nothing is.</summary>
    public static string? Refusal(HttpRequest request)
    {
        bool changes = !(
            HttpMethods.IsGet(request.Method)
            || HttpMethods.IsHead(request.Method)
            || HttpMethods.IsOptions(request.Method)
        );
        if (!(changes || IsUpgrade(request)) || request.Headers.Authorization.Count > 0)
        {
            return null;
        }

        string site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site is "same-origin" or "none")
        {
            return null;
        }

        string origin = request.Headers.Origin.ToString();
        bool isForeign = site.Length > 0 || (origin.Length > 0 && !IsOwn(origin, request.Host.Value));
        return isForeign
            ? $"A page of {(origin is "" or "null" ? "another origin" : origin)} may not change anything here. Its program can, with an API key."
            : null;
    }

    /// <summary>Whether the origin is the address that was called; its scheme is not compared, as a proxy may have taken TLS off.</summary>
    private static bool IsOwn(string origin, string? host) =>
        origin.IndexOf("://", StringComparison.Ordinal) is > 0 and var end
        && string.Equals(origin[(end + 3)..], host, StringComparison.OrdinalIgnoreCase);

    private static bool IsUpgrade(HttpRequest request) =>
        request.Headers.Upgrade.Count > 0 || HttpMethods.IsConnect(request.Method);
}
