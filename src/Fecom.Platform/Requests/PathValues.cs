using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Fecom.Platform.Requests;

/// <summary>
/// Decodes the values in a path completely. The server decodes a path except for <c>%2F</c>, so an id
/// with a slash arrives undecoded and looks like one that contains the text <c>%2F</c>; the raw request line tells them apart.
/// </summary>
public static class PathValues
{
    private const string EncodedSlash = "%2F";

    /// <summary>Decodes every value in a path before the endpoint reads it. Comes after routing.</summary>
    public static IApplicationBuilder UsePathValues(this IApplicationBuilder app) =>
        app.Use(
            (context, next) =>
            {
                Decode(context);
                return next(context);
            }
        );

    internal static void Decode(HttpContext context)
    {
        if (context.GetEndpoint() is not RouteEndpoint { RoutePattern: { } pattern })
        {
            return;
        }

        string[]? raw = null;
        for (int i = 0; i < pattern.PathSegments.Count; i++)
        {
            if (
                pattern.PathSegments[i] is { IsSimple: true, Parts: [RoutePatternParameterPart { Name: string name }] }
                && context.Request.RouteValues[name] is string value
                && value.Contains(EncodedSlash, StringComparison.OrdinalIgnoreCase)
            )
            {
                raw ??= RawSegments(context);
                context.Request.RouteValues[name] = Decode(value, i < raw.Length ? raw[i] : "");
            }
        }
    }

    /// <param name="value">The value as the server decoded it.</param>
    /// <param name="raw">The segment of the raw request line at the same place; another segment where the path has dot segments.</param>
    private static string Decode(string value, string raw)
    {
        string decoded = Uri.UnescapeDataString(raw);
        string withSlashes = WithSlashes(value);
        return WithSlashes(decoded) == withSlashes ? decoded : withSlashes;
    }

    private static string WithSlashes(string value) =>
        value.Replace(EncodedSlash, "/", StringComparison.OrdinalIgnoreCase);

    /// <summary>The path's segments as they came, after those of the path base.</summary>
    private static string[] RawSegments(HttpContext context)
    {
        string target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        int query = target.IndexOf('?', StringComparison.Ordinal);
        string path = query < 0 ? target : target[..query];
        if (!path.StartsWith('/'))
        {
            // A proxy may send an absolute URL.
            int authority = path.IndexOf("://", StringComparison.Ordinal);
            int start = authority < 0 ? -1 : path.IndexOf('/', authority + 3);
            path = start < 0 ? "/" : path[start..];
        }

        int skipped = (context.Request.PathBase.Value ?? "").Count(c => c == '/');
        return [.. path.Split('/').Skip(1 + skipped)];
    }
}
