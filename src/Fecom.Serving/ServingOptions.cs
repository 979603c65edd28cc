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
