using System.Globalization;
using System.Text.Json;
using Fecom.Validation.KeepInvalidEvents;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.IndexInvalidEvents;

/// <summary>Removes the indices of days whose invalid events are deleted: a node holds a limited number of shards, and then takes no new index.</summary>
internal sealed partial class OldIndices(
    BulkClient client,
    IOptions<ElasticsearchOptions> options,
    IOptions<InvalidEventOptions> invalidEvents,
    TimeProvider time,
    ILogger<OldIndices> logger
)
{
    private const string Day = "yyyy.MM.dd";

    /// <returns>How many were removed. If the server is unavailable, they stay until the next run.</returns>
    public async Task<int> RemoveAsync(CancellationToken cancellationToken)
    {
        string prefix = options.Value.Index + "-";
        DateTime before = time.GetUtcNow().UtcDateTime.Date.AddDays(-invalidEvents.Value.KeepDays);
        int removed = 0;
        try
        {
            // The names alone: closed indices take room as well.
            ElasticsearchAnswer answer = await client.SendAsync(
                HttpMethod.Get,
                $"{prefix}*/_alias?expand_wildcards=open,closed",
                json: null,
                cancellationToken
            );
            foreach (
                string name in answer.IsSuccess
                    ? Names(answer.Body).Where(name => IsBefore(name[prefix.Length..], before))
                    : []
            )
            {
                ElasticsearchAnswer gone = await client.SendAsync(
                    HttpMethod.Delete,
                    name,
                    json: null,
                    cancellationToken
                );
                removed += gone.IsSuccess ? 1 : 0;
                if (!gone.IsSuccess)
                {
                    LogKept(name, gone.Reason);
                }
            }
        }
        catch (BulkFailedException e)
        {
            LogKept(prefix + "*", e.Message);
        }

        return removed;
    }

    private static IEnumerable<string> Names(byte[] answer)
    {
        using JsonDocument document = JsonDocument.Parse(answer);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? [.. document.RootElement.EnumerateObject().Select(index => index.Name)]
            : [];
    }

    /// <summary>Only what is named as this writes it: a day, perhaps with a number.</summary>
    private static bool IsBefore(string name, DateTime before) =>
        name.Length >= Day.Length
        && (name.Length == Day.Length || name[Day.Length] == '.')
        && DateTime.TryParseExact(
            name[..Day.Length],
            Day,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out DateTime day
        )
        && day < before;

    [LoggerMessage(LogLevel.Warning, "Elasticsearch's old index {Index} is not removed: {Reason}")]
    private partial void LogKept(string index, string reason);
}
