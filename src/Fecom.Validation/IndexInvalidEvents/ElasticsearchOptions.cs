using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Retries;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.IndexInvalidEvents;

/// <summary>The Elasticsearch that invalid events go to. Section <c>Elasticsearch</c>.</summary>
internal sealed class ElasticsearchOptions
{
    /// <summary>Its address, such as <c>https://search:9200</c>. Without one (the default) nothing is sent.</summary>
    [RegularExpression("^(https?://.+)?$", ErrorMessage = "Elasticsearch:Url is an http or https address.")]
    public string? Url { get; set; }

    /// <summary>An API key, base64 as Elasticsearch shows it; goes before a user name.</summary>
    public string? ApiKey { get; set; }

    /// <summary>A user name for basic authentication.</summary>
    public string? Username { get; set; }

    /// <summary>Its password.</summary>
    public string? Password { get; set; }

    /// <summary>An index is named this, <c>-</c> and the day of the refusal: <c>fecom-invalid-events-2026.11.22</c>.</summary>
    [
        Required,
        RegularExpression("^[a-z0-9][a-z0-9._-]{0,99}$", ErrorMessage = "Elasticsearch:Index is a name in lower case.")
    ]
    public string Index { get; set; } = "fecom-invalid-events";

    /// <summary>Maximum events of a bulk request. Default 1,000.</summary>
    [Range(1, 100_000)]
    public int BulkEvents { get; set; } = 1_000;

    /// <summary>Maximum bytes of a bulk request with more than one event. Default 5 MiB.</summary>
    [Range(1_024, 100 * 1_024 * 1_024)]
    public int BulkBytes { get; set; } = 5 * 1_024 * 1_024;

    /// <summary>Timeout of a request, in seconds, after which it is retried. Default 30.</summary>
    [Range(0.1, 600)]
    public double TimeoutSeconds { get; set; } = 30;

    /// <summary>Delay before the first retry, in seconds; it doubles with each retry. Default 1.</summary>
    [Range(0.01, 600)]
    public double RetrySeconds { get; set; } = 1;

    /// <summary>Maximum delay, in seconds, also when the server asks for more. Default 60.</summary>
    [Range(0.01, 3_600)]
    public double MaxRetrySeconds { get; set; } = 60;

    /// <summary>The delays between retries.</summary>
    public RetrySchedule Waits => new(TimeSpan.FromSeconds(RetrySeconds), TimeSpan.FromSeconds(MaxRetrySeconds));

    /// <summary>Whether an Elasticsearch is configured.</summary>
    public bool Enabled => !string.IsNullOrEmpty(Url);
}

[OptionsValidator]
internal sealed partial class ElasticsearchOptionsValidator : IValidateOptions<ElasticsearchOptions>;
