using System.Collections.Concurrent;
using System.Globalization;
using Fecom.Platform.Access;
using Fecom.Platform.Hosts;
using Fecom.Platform.Requests;

namespace Fecom.Monolith;

/// <summary>
/// Bounds how often each group of calls is made, and how often each caller calls, so that one that has run wild leaves the others
/// their share of the host. Section <c>RateLimits</c>: calls a second of a host, by the group's scope; and <c>key</c> for each API
/// key, <c>address</c> for each person, and for each address that comes without either or with a publishable key.
/// </summary>
internal static class RateLimits
{
    private const string Section = "RateLimits";
    private const string Key = "key";
    private const string Address = "address";
    private const int KeyCalls = 10_000;
    private const int AddressCalls = 200;

    /// <summary>Answers calls beyond the limits with 429. What a call's endpoint is, and who calls, is known before.</summary>
    public static void UseRateLimits(this WebApplication app)
    {
        TimeProvider time = app.Services.GetRequiredService<TimeProvider>();
        CallWindow<ApiScope> byGroup = new(time);
        CallWindow<CallerShare> byCaller = new(time);
        // Read once each: the configuration is slow to ask with every call.
        ConcurrentDictionary<ApiScope, int> ofGroups = new();
        int ofKey = app.Configuration.GetValue($"{Section}:{Key}", KeyCalls);
        int ofAddress = app.Configuration.GetValue($"{Section}:{Address}", AddressCalls);
        app.Use(
            (http, next) =>
            {
                if (IsGroupsTurn(http) && IsCallersTurn(http))
                {
                    return next(http);
                }

                http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                http.Response.Headers.RetryAfter = "1";
                return Task.CompletedTask;
            }
        );

        bool IsGroupsTurn(HttpContext http) =>
            http.GetEndpoint()?.Metadata.GetMetadata<ApiScope>() is not { } scope
            || byGroup.Count(scope)
                <= ofGroups.GetOrAdd(
                    scope,
                    one => app.Configuration.GetValue($"{Section}:{one.Name}", one.CallsPerSecond)
                );

        bool IsCallersTurn(HttpContext http)
        {
            CallerShare share = CallerShare.Of(http);
            return share.Kind == CallerKind.Local
                || byCaller.Count(share) <= (share.Kind == CallerKind.Key ? ofKey : ofAddress);
        }
    }

    /// <summary>What a caller is told whose call was one too many.</summary>
    public static string Explain(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<ApiScope>() is { } scope
            ? $"More calls of '{scope.Name}', or from you, come than this host takes in a second. Call again after the seconds of Retry-After; {Section}:{scope.Name}, {Section}:{Key} and {Section}:{Address} are the limits."
            : "Too many calls. Call again after the seconds of Retry-After.";

    /// <exception cref="StartException">A limit is no number, or of a scope that there is not.</exception>
    public static void Check(IConfiguration configuration, IEnumerable<EndpointDataSource> calls)
    {
        IConfigurationSection[] limits = [.. configuration.GetSection(Section).GetChildren()];
        if (limits.Length == 0)
        {
            return;
        }

        HashSet<string> scopes =
        [
            .. calls
                .SelectMany(call => call.Endpoints)
                .Select(endpoint => endpoint.Metadata.GetMetadata<ApiScope>()?.Name)
                .OfType<string>(),
            Key,
            Address,
        ];
        foreach (IConfigurationSection limit in limits)
        {
            if (!scopes.Contains(limit.Key))
            {
                throw new StartException(
                    $"{Section}:{limit.Key} limits nothing. There are {string.Join(", ", scopes.Order(StringComparer.Ordinal))}."
                );
            }

            if (
                !int.TryParse(limit.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int perSecond)
                || perSecond == 0
            )
            {
                throw new StartException($"{limit.Path} is a whole number of calls a second, 1 or more.");
            }
        }
    }
}
