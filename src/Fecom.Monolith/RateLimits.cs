using System.Globalization;
using System.Threading.RateLimiting;
using Fecom.Platform.Access;
using Fecom.Platform.Hosts;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.RateLimiting;

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
    private static readonly ApiScope Unlimited = new("", 0);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    /// <summary>Adds the limits.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddRateLimiter(_ => { });
        services.AddOptions<RateLimiterOptions>().Configure<IConfiguration>(Configure);
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

    private static void Configure(RateLimiterOptions limits, IConfiguration configuration)
    {
        limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limits.OnRejected = (rejected, _) =>
        {
            TimeSpan wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan after) ? after : Window;
            rejected.HttpContext.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds))
                .ToString(CultureInfo.InvariantCulture);
            return ValueTask.CompletedTask;
        };
        // Made once: it is asked for with every call.
        Func<ApiScope, FixedWindowRateLimiterOptions> limitOf = scope => new FixedWindowRateLimiterOptions
        {
            PermitLimit = configuration.GetValue($"{Section}:{scope.Name}", scope.CallsPerSecond),
            Window = Window,
        };
        PartitionedRateLimiter<HttpContext> byGroup = PartitionedRateLimiter.Create<HttpContext, ApiScope>(http =>
            http.GetEndpoint()?.Metadata.GetMetadata<ApiScope>() is { } scope
                ? RateLimitPartition.GetFixedWindowLimiter(scope, limitOf)
                : RateLimitPartition.GetNoLimiter(Unlimited)
        );
        limits.GlobalLimiter = PartitionedRateLimiter.CreateChained(byGroup, ByCaller(configuration));
    }

    private static PartitionedRateLimiter<HttpContext> ByCaller(IConfiguration configuration)
    {
        FixedWindowRateLimiterOptions ofKey = Limit(Key, KeyCalls);
        FixedWindowRateLimiterOptions ofAddress = Limit(Address, AddressCalls);
        Func<CallerShare, FixedWindowRateLimiterOptions> limitOf = share =>
            share.Kind == CallerKind.Key ? ofKey : ofAddress;
        return PartitionedRateLimiter.Create<HttpContext, CallerShare>(http =>
        {
            CallerShare share = CallerShare.Of(http);
            return share.Kind == CallerKind.Local
                ? RateLimitPartition.GetNoLimiter(share)
                : RateLimitPartition.GetFixedWindowLimiter(share, limitOf);
        });

        FixedWindowRateLimiterOptions Limit(string name, int calls) =>
            new() { PermitLimit = configuration.GetValue($"{Section}:{name}", calls), Window = Window };
    }
}
