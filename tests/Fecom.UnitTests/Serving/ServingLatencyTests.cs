using System.Diagnostics.Metrics;
using Fecom.Serving.MeasureLatency;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Fecom.UnitTests.Serving;

/// <summary>What the last minutes' calls took.</summary>
public sealed class ServingLatencyTests
{
    private readonly Clock _time = new();

    [Theory]
    [InlineData(0.000_003)]
    [InlineData(0.004)]
    [InlineData(0.25)]
    [InlineData(40)]
    public void A_percentile_is_the_exact_one_or_up_to_a_sixteenth_above_it(double unit)
    {
        RecentLatency recent = new(_time);
        for (int i = 1; i <= 100; i++)
        {
            recent.Add(unit * i / 100);
        }

        LatencySummary summary = recent.Summary();

        Assert.Equal(100, summary.Calls);
        Assert.InRange(summary.P50Seconds!.Value, unit * 0.5, (unit * 0.5 * 1.0625) + 1e-6);
        Assert.InRange(summary.P99Seconds!.Value, unit * 0.99, (unit * 0.99 * 1.0625) + 1e-6);
    }

    [Fact]
    public void Calls_of_any_length_are_counted()
    {
        RecentLatency recent = new(_time);
        recent.Add(0);
        recent.Add(100_000);

        Assert.Equal(2, recent.Summary().Calls);
        Assert.InRange(recent.Summary().P99Seconds!.Value, 60, 70);
    }

    [Fact]
    public void Calls_are_forgotten_after_five_minutes()
    {
        RecentLatency recent = new(_time);
        recent.Add(1);
        _time.Now += TimeSpan.FromMinutes(4);
        recent.Add(0.001);
        Assert.Equal(2, recent.Summary().Calls);

        _time.Now += TimeSpan.FromMinutes(2);
        Assert.Equal(1, recent.Summary().Calls);
        Assert.InRange(recent.Summary().P99Seconds!.Value, 0.001, 0.0011);

        // The place of the second one is taken again, a round later.
        _time.Now += TimeSpan.FromSeconds(210);
        recent.Add(2);
        Assert.Equal(1, recent.Summary().Calls);
        _time.Now += TimeSpan.FromHours(1);
        Assert.Equal(new LatencySummary(0, null, null), recent.Summary());
    }

    [Fact]
    public void Answered_predictions_and_recommendations_of_this_host_count_and_nothing_else()
    {
        using ServiceProvider here = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using ServiceProvider there = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using ServingLatency latency = new(here.GetRequiredService<IMeterFactory>(), _time);
        Histogram<double> own = Requests(here);

        Record(own, "/api/v1/predictions/purchase", 200);
        Record(own, "/api/v1/recommendations/sessions/{id}", 200);
        Record(own, "/api/v1/recommendations/trending", 200);
        Record(own, "/api/v1/recommendations/trending", 503);
        Record(own, "/api/v1/recommendation-rules", 200);
        Record(own, "/api/v1/jobs", 200);
        Record(Requests(there), "/api/v1/predictions/purchase", 200);

        Assert.Equal(1, latency.Predictions.Summary().Calls);
        Assert.Equal(2, latency.Recommendations.Summary().Calls);
    }

    private static Histogram<double> Requests(ServiceProvider host) =>
        host.GetRequiredService<IMeterFactory>()
            .Create("Microsoft.AspNetCore.Hosting")
            .CreateHistogram<double>("http.server.request.duration", "s");

    private static void Record(Histogram<double> requests, string route, int status) =>
        requests.Record(
            0.002,
            new("http.request.method", "GET"),
            new KeyValuePair<string, object?>("http.response.status_code", status),
            new KeyValuePair<string, object?>("http.route", route)
        );

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
