using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.IndexLetters;

/// <summary>Brings letters into the index, and goes on until it has each of them or says that it never will.</summary>
internal sealed partial class LetterIndexer(
    BulkClient client,
    IndexTable table,
    IOptions<ElasticsearchOptions> options,
    TimeProvider time,
    ILogger<LetterIndexer> logger
)
{
    private readonly ElasticsearchOptions _to = options.Value;
    private string? _reported;

    /// <returns>The letters that the index will never take, each with its reason.</returns>
    public async Task<IReadOnlyDictionary<long, string>> IndexAsync(IReadOnlyList<LetterToIndex> letters, CancellationToken cancellationToken)
    {
        Dictionary<long, string> lost = [];
        Queue<IndexedLetter> open = new(letters.Select(letter => IndexedLetter.Of(letter, _to.Index)));
        int bytes = _to.BulkBytes;
        TimeSpan wait = TimeSpan.FromSeconds(_to.RetrySeconds);
        while (open.Count > 0)
        {
            List<IndexedLetter> bulk = Take(open, bytes);
            try
            {
                IReadOnlyList<BulkItem> items = await client.SendAsync(bulk, cancellationToken);
                if (Sort(bulk, items, open, lost) is not { } reason)
                {
                    wait = TimeSpan.FromSeconds(_to.RetrySeconds);
                    bytes = Math.Min(_to.BulkBytes, 2 * bytes);
                    continue;
                }

                await WaitAsync(reason, null, wait, cancellationToken);
            }
            catch (BulkFailedException e) when (e.TooLarge && bulk.Count == 1)
            {
                lost[bulk[0].Id] = $"413: {bulk[0].Lines.Length} bytes are too many for the server";
                continue;
            }
            catch (BulkFailedException e)
            {
                // In halves: a server or what stands before it may also cut the connection, or be slow, for the size alone.
                bytes = Math.Max(1, bulk.Sum(letter => letter.Lines.Length) / 2);
                bulk.ForEach(open.Enqueue);
                if (e.TooLarge)
                {
                    continue;
                }

                await WaitAsync(e.Message, e.RetryAfter, wait, cancellationToken);
            }

            wait = Shorter(wait * 2, _to.LongestRetrySeconds);
        }

        ReportGoesOn(lost.Count);
        return lost;
    }

    /// <summary>In any order: the index has each document by its own id.</summary>
    private static List<IndexedLetter> Take(Queue<IndexedLetter> open, int most)
    {
        List<IndexedLetter> bulk = [open.Dequeue()];
        int bytes = bulk[0].Lines.Length;
        while (open.TryPeek(out IndexedLetter? next) && (bytes += next.Lines.Length) <= most)
        {
            bulk.Add(open.Dequeue());
        }

        return bulk;
    }

    /// <returns>Why some have to be sent again; null when none has.</returns>
    private static string? Sort(List<IndexedLetter> bulk, IReadOnlyList<BulkItem> items, Queue<IndexedLetter> open, Dictionary<long, string> lost)
    {
        string? again = null;
        foreach ((IndexedLetter letter, BulkItem item) in bulk.Zip(items))
        {
            if (item.Lost)
            {
                lost[letter.Id] = $"{item.Status}: {item.Reason}";
            }
            else if (!item.Taken)
            {
                open.Enqueue(letter);
                again ??= $"it answers {item.Status} for some events";
            }
        }

        return again;
    }

    private async Task WaitAsync(string reason, TimeSpan? asked, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (_reported != reason)
        {
            _reported = reason;
            LogWaits(reason);
            await table.ReportAsync(reason, cancellationToken);
        }

        TimeSpan least = asked is { } after && after > wait ? after : wait;
        await Task.Delay(Shorter(least, _to.LongestRetrySeconds), time, cancellationToken);
    }

    private static TimeSpan Shorter(TimeSpan wait, double seconds) => wait.TotalSeconds < seconds ? wait : TimeSpan.FromSeconds(seconds);

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

    [LoggerMessage(LogLevel.Warning, "Elasticsearch will not take {Count} invalid events; each has its reason at /api/v1/dead-letters/ID")]
    private partial void LogLost(int count);
}
