using Fecom.Platform.Retries;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.IndexInvalidEvents;

/// <summary>Sends invalid events to the index, with retries until it has taken or finally refused each of them.</summary>
internal sealed partial class InvalidEventIndexer(
    BulkClient client,
    IndexMapping mapping,
    IndexTable table,
    IOptions<ElasticsearchOptions> options,
    TimeProvider time,
    ILogger<InvalidEventIndexer> logger
)
{
    private readonly ElasticsearchOptions _to = options.Value;
    private string? _reported;

    /// <returns>The invalid events that the index will never take, each with its reason.</returns>
    public async Task<IReadOnlyDictionary<long, string>> IndexAsync(
        IReadOnlyList<InvalidEventToIndex> invalidEvents,
        CancellationToken cancellationToken
    )
    {
        RetryLoop retry = new(_to.Waits, time)
        {
            Helps = failure => failure is BulkFailedException,
            Asked = failure => (failure as BulkFailedException)?.RetryAfter,
            Failed = (failure, _) => new ValueTask(ReportAsync(failure.Message, cancellationToken)),
        };
        List<IndexedInvalidEvent> lines = [];
        await retry.RunAsync(token => WriteAsync(invalidEvents, lines, token), cancellationToken);
        PendingInvalidEvents pending = new(lines, _to.BulkBytes);
        while (pending.Any)
        {
            await retry.RunAsync(token => SendAsync(pending, token), cancellationToken);
        }

        ReportGoesOn(pending.Lost.Count);
        return pending.Lost;
    }

    private async Task WriteAsync(
        IReadOnlyList<InvalidEventToIndex> invalidEvents,
        List<IndexedInvalidEvent> lines,
        CancellationToken cancellationToken
    )
    {
        // A failed attempt has already written the first of them.
        foreach (InvalidEventToIndex invalidEvent in invalidEvents.Skip(lines.Count))
        {
            lines.Add(
                IndexedInvalidEvent.Of(
                    invalidEvent,
                    await mapping.ForAsync(IndexedInvalidEvent.DayOf(invalidEvent, _to.Index), cancellationToken)
                )
            );
        }
    }

    /// <summary>Sends one request. What is not taken remains to be sent.</summary>
    /// <exception cref="BulkFailedException">Some of it has to be sent again.</exception>
    private async Task SendAsync(PendingInvalidEvents pending, CancellationToken cancellationToken)
    {
        List<IndexedInvalidEvent> bulk = pending.Take();
        IReadOnlyList<BulkItem> items;
        try
        {
            items = await client.SendAsync(bulk, cancellationToken);
        }
        catch (BulkFailedException e) when (e.TooLarge && bulk.Count == 1)
        {
            pending.GiveUp(bulk[0]);
            return;
        }
        catch (BulkFailedException e)
        {
            pending.Halve(bulk);
            if (e.TooLarge)
            {
                return;
            }

            throw;
        }

        if (pending.Sort(bulk, items) is { } reason)
        {
            throw new BulkFailedException(reason);
        }
    }

    private async Task ReportAsync(string reason, CancellationToken cancellationToken)
    {
        if (_reported != reason)
        {
            _reported = reason;
            LogWaits(reason);
            await table.ReportAsync(reason, cancellationToken);
        }
    }

    private void ReportGoesOn(int lost)
    {
        if (_reported is not null)
        {
            _reported = null;
            LogGoesOn();
        }

        if (lost > 0)
        {
            LogLost(lost);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Invalid events wait for Elasticsearch: {Reason}")]
    private partial void LogWaits(string reason);

    [LoggerMessage(LogLevel.Information, "Invalid events go to Elasticsearch again")]
    private partial void LogGoesOn();

    [LoggerMessage(
        LogLevel.Warning,
        "Elasticsearch will not take {Count} invalid events; each has its reason at /api/v1/invalid-events/ID, and POST /api/v1/invalid-events/index sends them again"
    )]
    private partial void LogLost(int count);
}
