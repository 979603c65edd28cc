using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.IndexInvalidEvents;

/// <summary>
/// Sets an index's mapping before its first document comes. Otherwise the first document decides:
/// a line of a file that looks like a date makes <c>original</c> a date, and the index refuses every other line for good.
/// </summary>
/// <remarks>
/// A template serves the indices of future days; an existing index, of an older version, gets the fields
/// that it lacks. One that has mapped a field to another type is left as it is, and the day continues in another index.
/// </remarks>
internal sealed partial class IndexMapping(
    BulkClient client,
    IOptions<ElasticsearchOptions> options,
    TimeProvider time,
    ILogger<IndexMapping> logger
)
{
    private const int MaxIndicesADay = 9;

    /// <summary>Maximum days whose indices are remembered; only after a long outage do invalid events of many days come.</summary>
    private const int MaxRemembered = 1_000;

    private const string Fields = """
        {"dynamic":false,"properties":{"@timestamp":{"type":"date"},"invalid_event_id":{"type":"long"},"event_id":{"type":"keyword"},"source":{"type":"keyword"},"position":{"type":"long"},"received_at":{"type":"date"},"rejected_at":{"type":"date"},"rules":{"type":"keyword"},"errors":{"properties":{"field":{"type":"keyword"},"rule":{"type":"keyword"},"message":{"type":"text"}}},"original_size":{"type":"long"},"original":{"type":"text"},"original_base64":{"type":"binary"}}}
        """;

    /// <summary>Somebody may remove the template or an index: they are checked again after this time.</summary>
    private static readonly TimeSpan Certain = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private long? _lookedAt;

    private string Name => options.Value.Index;

    /// <summary>The index that takes the invalid events of a day.</summary>
    /// <param name="day">Its name as the template has it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BulkFailedException">The server does not answer, or is busy.</exception>
    public async Task<string> ForAsync(string day, CancellationToken cancellationToken)
    {
        if (_lookedAt is null || time.GetElapsedTime(_lookedAt.Value) > Certain || _names.Count >= MaxRemembered)
        {
            _names.Clear();
            await EnsureTemplateAsync(cancellationToken);
            _lookedAt = time.GetTimestamp();
        }

        if (_names.TryGetValue(day, out string? known))
        {
            return known;
        }

        string name = day;
        for (int number = 2; number <= MaxIndicesADay && !await FitsAsync(name, cancellationToken); number++)
        {
            LogUnfit(name);
            name = $"{day}.{number}";
        }

        return _names[day] = name;
    }

    private async Task EnsureTemplateAsync(CancellationToken cancellationToken)
    {
        // Above the priority of the templates that Elasticsearch brings, 100 to 200.
        string body = $$$"""{"index_patterns":["{{{Name}}}-*"],"priority":300,"template":{"mappings":{{{Fields}}}}}""";
        ElasticsearchAnswer answer = await client.SendAsync(
            HttpMethod.Put,
            $"_index_template/{Name}",
            body,
            cancellationToken
        );
        if (!answer.IsSuccess)
        {
            // The account may only write documents: they are sent all the same, and what the index refuses is counted.
            LogNoTemplate(answer.Reason);
        }
    }

    /// <summary>Whether an index does not exist yet, or has our fields now.</summary>
    private async Task<bool> FitsAsync(string name, CancellationToken cancellationToken)
    {
        ElasticsearchAnswer answer = await client.SendAsync(
            HttpMethod.Put,
            $"{name}/_mapping",
            Fields,
            cancellationToken
        );
        return answer.Status != HttpStatusCode.BadRequest
            || answer.Type is not ("illegal_argument_exception" or "mapper_parsing_exception");
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Elasticsearch's index {Index} has fields of other types than invalid events have, and is left as it is: they go to another one"
    )]
    private partial void LogUnfit(string index);

    [LoggerMessage(
        LogLevel.Warning,
        "Elasticsearch does not take the index template for invalid events: {Reason}. Give the account the cluster privilege manage_index_templates, or the first document of a day decides its index's fields"
    )]
    private partial void LogNoTemplate(string reason);
}
