using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Fecom.Learning.Views;
using StackExchange.Redis;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>How long posted events take to be features.</summary>
internal sealed record Freshness(TimeSpan Median, TimeSpan P99);

/// <summary>Posts single events of sessions that nobody knows and looks in Redis when each session is there.</summary>
internal sealed class FreshnessProbe : IAsyncDisposable
{
    private const int EventsPerSecond = 25;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly ConnectionMultiplexer _redis;

    private FreshnessProbe(HttpClient http, ConnectionMultiplexer redis) => (_http, _redis) = (http, redis);

    public static async Task<FreshnessProbe> ConnectAsync(HttpClient http, string redis) =>
        new(http, await ConnectionMultiplexer.ConnectAsync(redis));

    public async Task<Freshness> MeasureAsync(TimeSpan time)
    {
        List<Task<TimeSpan>> probes = [];
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1.0 / EventsPerSecond));
        for (int i = 0; i < time.TotalSeconds * EventsPerSecond; i++)
        {
            await timer.WaitForNextTickAsync();
            probes.Add(SeeAsync(Guid.NewGuid().ToString("N")));
        }

        return Summary(await Task.WhenAll(probes));
    }

    /// <summary>Of single events, each after a time in which nothing came.</summary>
    public async Task<Freshness> MeasureLoneAsync(int events, TimeSpan quiet)
    {
        List<TimeSpan> seen = [];
        for (int i = 0; i < events; i++)
        {
            await Task.Delay(quiet);
            seen.Add(await SeeAsync(Guid.NewGuid().ToString("N")));
        }

        return Summary(seen);
    }

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    private static Freshness Summary(IReadOnlyCollection<TimeSpan> times)
    {
        TimeSpan[] seen = [.. times.Order()];
        return new Freshness(seen[seen.Length / 2], seen[Math.Max(0, (int)Math.Ceiling(seen.Length * 0.99) - 1)]);
    }

    private async Task<TimeSpan> SeeAsync(string session)
    {
        long start = Stopwatch.GetTimestamp();
        string now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        using ByteArrayContent body = new(
            Encoding.UTF8.GetBytes(
                $$"""{"event_time":"{{now}} UTC","event_type":"view","product_id":"1000001","category_id":"c1","category_code":null,"brand":null,"price":1.5,"user_id":"{{session}}","user_session":"{{session}}"}"""
            )
        );
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpResponseMessage answer = await _http.PostAsync(new Uri("/api/v1/events", UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
        IDatabase database = _redis.GetDatabase();
        using PeriodicTimer timer = new(LookInterval);
        while (!await database.KeyExistsAsync(FeatureKeys.Key(FeatureViews.Session.Name, session)))
        {
            if (Stopwatch.GetElapsedTime(start) > Timeout)
            {
                throw new TimeoutException($"A posted event is no feature after {Timeout.TotalSeconds:0} s.");
            }

            await timer.WaitForNextTickAsync();
        }

        return Stopwatch.GetElapsedTime(start);
    }
}
