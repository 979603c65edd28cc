using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Serving;

/// <summary>How predictions and recommendations are answered. Section <c>Serving</c>.</summary>
internal sealed class ServingOptions
{
    /// <summary>Probability of a purchase that answers, under the name <c>base_rate</c>, while no purchase model serves; 0 to 1. Default 0.05.</summary>
    [Range(0.0, 1.0)]
    public double BaseRate { get; set; } = 0.05;

    /// <summary>How long a request waits for the online store before it is answered without it. Default 150 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan OnlineStoreTimeout { get; set; } = TimeSpan.FromMilliseconds(150);

    /// <summary>How long a recommendation for a session that this host has in memory waits for the online store. Default 15 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan LiveSessionTimeout { get; set; } = TimeSpan.FromMilliseconds(15);

    /// <summary>The sessions with the newest events that are kept in memory, up to 2 KB each. Default 50,000.</summary>
    [Range(100, 10_000_000)]
    public int LiveSessions { get; set; } = 50_000;

    /// <summary>Predictions and recommendations that are under way at once. Default 128.</summary>
    [Range(1, 100_000)]
    public int MaxConcurrentRequests { get; set; } = 128;

    /// <summary>Those that wait for these; beyond it they are refused with 503. Default 512.</summary>
    [Range(0, 100_000)]
    public int MaxQueuedRequests { get; set; } = 512;

    /// <summary>How long one waits before it is refused. Default 250 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan QueueTimeout { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>What 99 of 100 calls for predictions may take: shown beside what they take. Default 5 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan PredictionBudget { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>What 99 of 100 recommendations may take: shown beside what they take. Default 7 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan RecommendationBudget { get; set; } = TimeSpan.FromMilliseconds(7);

    /// <summary>After how long without an event a session has finished, and goes into the index that recommendations come from. Default 30 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SessionIdle { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Sessions that are waited for at once, up to 1 KB each; beyond it the oldest of them count as finished. Default 200,000.</summary>
    [Range(100, 10_000_000)]
    public int OpenSessions { get; set; } = 200_000;

    /// <summary>Sessions in the index that recommendations come from, the newest: some 40 bytes a visit with all that is counted of them. Default 1,000,000.</summary>
    [Range(1_000, 10_000_000)]
    public int IndexSessions { get; set; } = 1_000_000;

    /// <summary>The newest events of the last day that are looked at at a start, for sessions that no model has learned. Default 1,000,000.</summary>
    [Range(0, 100_000_000)]
    public int IndexSeedRows { get; set; } = 1_000_000;

    /// <summary>Time in which a visit loses half its weight in what is trending. Default six hours.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00")]
    public TimeSpan TrendingHalfLife { get; set; } = TimeSpan.FromHours(6);

    /// <summary>Products that trending ranks. Default 10,000.</summary>
    [Range(100, 1_000_000)]
    public int TrendingProducts { get; set; } = 10_000;

    /// <summary>How far before the newest event trending looks back at a start, in event time. Default seven days.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "90.00:00:00")]
    public TimeSpan TrendingSeedSpan { get; set; } = TimeSpan.FromDays(7);

    /// <summary>The newest events of bronze that trending looks at when it starts. Default 2,000,000.</summary>
    [Range(0, 100_000_000)]
    public int TrendingSeedRows { get; set; } = 2_000_000;

    /// <summary>Products whose category, brand and price rules go by, in memory: about 200 bytes each. Default 1,000,000.</summary>
    [Range(1_000, 100_000_000)]
    public int CatalogueProducts { get; set; } = 1_000_000;
}

[OptionsValidator]
internal sealed partial class ServingOptionsValidator : IValidateOptions<ServingOptions>;
