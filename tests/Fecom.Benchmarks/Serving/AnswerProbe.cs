using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Fecom.Benchmarks.Serving;

/// <summary>Posts the first event of sessions that nobody knows, and asks for their recommendation until it comes from that event.</summary>
/// <param name="http">Posts the events.</param>
/// <param name="product">A product that the ranker knows.</param>
internal sealed class AnswerProbe(HttpClient http, string product)
{
    private const int EventsPerSecond = 10;
    private static readonly TimeSpan AskInterval = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>Times from the call until the answer has changed, milliseconds ascending.</summary>
    public async Task<double[]> MeasureAsync(TimeSpan time)
    {
        List<Task<double>> probes = [];
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1.0 / EventsPerSecond));
        for (int i = 0; i < time.TotalSeconds * EventsPerSecond; i++)
        {
            await timer.WaitForNextTickAsync();
            probes.Add(SeeAsync(Guid.NewGuid().ToString("N")));
        }

        return [.. (await Task.WhenAll(probes)).Order()];
    }

    private async Task<double> SeeAsync(string session)
    {
        string now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        using ByteArrayContent body = new(
            Encoding.UTF8.GetBytes(
                $$"""{"event_time":"{{now}} UTC","event_type":"view","product_id":"{{product}}","category_id":"c1","category_code":null,"brand":null,"price":1.5,"user_id":"{{session}}","user_session":"{{session}}"}"""
            )
        );
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        Uri ask = new($"/api/v1/recommendations/sessions/{session}?count=5", UriKind.Relative);
        long start = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await http.PostAsync(new Uri("/api/v1/events", UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
        using PeriodicTimer timer = new(AskInterval);
        while (!(await http.GetStringAsync(ask)).Contains("\"next_item\"", StringComparison.Ordinal))
        {
            if (Stopwatch.GetElapsedTime(start) > Timeout)
            {
                throw new TimeoutException($"A posted event changes no recommendation in {Timeout.TotalSeconds:0} s.");
            }

            await timer.WaitForNextTickAsync();
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
