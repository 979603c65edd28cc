using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Extensions.Options;

namespace Fecom.Monolith;

/// <summary>What is wrong with a request.</summary>
/// <param name="Detail">For whoever wrote the call.</param>
/// <param name="Field">The field of the body, or the parameter; null when it is the request as a whole.</param>
internal sealed record Mistake(string Detail, string? Field = null);

/// <summary>Rewords the framework's errors about a request for its caller: the framework's own mention methods and services.</summary>
internal static partial class Mistakes
{
    private const string Json = "application/json";
    private const string Root = "$";
    private const string Time = "a time such as 2026-01-31T12:00:00Z";
    private const int MaxShown = 64;

    /// <summary>What the query's parameters can be, as the framework names them.</summary>
    private static readonly Dictionary<string, Type> ParameterTypes = new(StringComparer.Ordinal)
    {
        ["int"] = typeof(int),
        ["long"] = typeof(long),
        ["double"] = typeof(double),
        ["bool"] = typeof(bool),
        ["DateTimeOffset"] = typeof(DateTimeOffset),
        ["DateTime"] = typeof(DateTime),
    };

    public static Mistake Of(BadHttpRequestException exception, HttpContext http) =>
        exception.InnerException is JsonException json ? OfJson(json, http)
        : Parameter().Match(exception.Message) is { Success: true } bound
            ? OfParameter(
                bound.Groups["type"].Value,
                JsonNamingPolicy.SnakeCaseLower.ConvertName(bound.Groups["name"].Value),
                bound.Groups["value"].Value
            )
        : Missing().Match(exception.Message) is { Success: true } missing
            ? new Mistake($"{missing.Groups["name"].Value} is missing.", missing.Groups["name"].Value)
        : exception.StatusCode == StatusCodes.Status400BadRequest
        && exception.Message.Contains("no body was provided", StringComparison.Ordinal)
            ? new Mistake($"The call needs a body: {Accepted(http) ?? Json}.")
        : new Mistake(
            OfStatus(exception.StatusCode, http)
                ?? "The request cannot be read: it ended early, or is not HTTP as it should be."
        );

    /// <summary>What an answer of the framework's without an exception means; null when there is nothing to add.</summary>
    public static string? OfStatus(int status, HttpContext http) =>
        status switch
        {
            StatusCodes.Status404NotFound => $"There is nothing at {http.Request.Path}. The calls there are: /swagger.",
            StatusCodes.Status405MethodNotAllowed =>
                $"{http.Request.Method} is not for this address; it takes {http.Response.Headers.Allow}.",
            StatusCodes.Status408RequestTimeout => "The body came too slowly.",
            StatusCodes.Status413PayloadTooLarge => $"The body may have {WebHost.LargestBody / 1_024 / 1_024} MiB.",
            StatusCodes.Status415UnsupportedMediaType =>
                $"The content type {Shown(http.Request.ContentType ?? "is missing; it")} is not taken here: {Accepted(http) ?? Json}.",
            StatusCodes.Status429TooManyRequests => RateLimits.Explain(http),
            _ => null,
        };

    private static Mistake OfJson(JsonException json, HttpContext http)
    {
        string field =
            json.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal)
                ? path[2..]
                : json.Path ?? Root;
        string place = string.Create(
            CultureInfo.InvariantCulture,
            $"line {json.LineNumber + 1}, byte {json.BytePositionInLine + 1}"
        );
        if (json.Message.Contains("maximum configured depth", StringComparison.Ordinal))
        {
            return new Mistake($"The body is nested too deep: 64 levels are taken ({place}).");
        }

        if (json.InnerException is JsonException)
        {
            return new Mistake($"The body is not JSON: look at {place}{(field == Root ? "" : $", in {field}")}.");
        }

        string expected =
            BodyType(http) is { } type && JsonShape.TypeAt(type, field == Root ? "" : field, NamesOf(http)) is { } at
                ? Kind(at)
                : "something else";
        return field == Root
            ? new Mistake($"The body is to be {expected} in JSON.", "body")
            : new Mistake($"{field} is to be {expected} ({place}).", field);
    }

    private static Mistake OfParameter(string type, string name, string value) =>
        new(
            $"{name} is to be {Kind(ParameterTypes.GetValueOrDefault(ParameterType().Match(type).Groups["name"].Value, typeof(string)))}, not '{Shown(value)}'.",
            name
        );

    private static string Kind(Type type) =>
        Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) switch
        {
            TypeCode.String or TypeCode.Char => "a text",
            TypeCode.Boolean => "true or false",
            TypeCode.Double or TypeCode.Single or TypeCode.Decimal => "a number",
            >= TypeCode.SByte and <= TypeCode.UInt64 => "a whole number",
            TypeCode.DateTime => Time,
            _ when type == typeof(DateTimeOffset) || type == typeof(DateTimeOffset?) => Time,
            _ when JsonShape.ElementOf(type) is not null => "an array",
            _ => "an object",
        };

    /// <summary>The body's type of the call that failed; the request itself has lost its endpoint by then.</summary>
    private static Type? BodyType(HttpContext http) =>
        http.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType;

    private static JsonNamingPolicy? NamesOf(HttpContext http) =>
        http.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions.PropertyNamingPolicy;

    /// <summary>The content types of the call that the address and method would be.</summary>
    private static string? Accepted(HttpContext http)
    {
        IEnumerable<string> types = http
            .RequestServices.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint =>
                endpoint
                    .Metadata.GetMetadata<IHttpMethodMetadata>()
                    ?.HttpMethods.Contains(http.Request.Method, StringComparer.OrdinalIgnoreCase) == true
                && Matches(endpoint, http.Request.Path)
            )
            .SelectMany(endpoint => endpoint.Metadata.GetOrderedMetadata<IAcceptsMetadata>())
            .SelectMany(accepts => accepts.ContentTypes)
            .Distinct(StringComparer.OrdinalIgnoreCase);
        return types.ToArray() is { Length: > 0 } some ? string.Join(", ", some) : null;
    }

    private static bool Matches(RouteEndpoint endpoint, PathString path) =>
        endpoint.RoutePattern.RawText is { } pattern
        && new TemplateMatcher(TemplateParser.Parse(pattern), []).TryMatch(path, []);

    private static string Shown(string text) => text.Length <= MaxShown ? text : $"{text[..MaxShown]}…";

    [GeneratedRegex(
        """^Failed to bind parameter "(?<type>.+) (?<name>\w+)" from "(?<value>.*)"\.$""",
        RegexOptions.Singleline,
        1_000
    )]
    private static partial Regex Parameter();

    [GeneratedRegex("""^Required parameter "(?:.+) (?<name>\w+)" was not provided""", RegexOptions.None, 1_000)]
    private static partial Regex Missing();

    [GeneratedRegex(@"^(?:Nullable<)?(?<name>\w+)>?$", RegexOptions.None, 1_000)]
    private static partial Regex ParameterType();
}
