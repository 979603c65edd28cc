using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Validation.AlertInvalidShare;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Sends each event of a batch on to exactly one of two topics: validated, or invalid with every error.</summary>
internal sealed class EventForwarding(SeenEventIds seen, RecentCounts counts, SkippedChanges skipped, ITopicProducer producer)
{
    public async Task ForwardAsync(EventSorter sorter, TopicBatch<RawMessage> batch, CancellationToken cancellationToken)
    {
        (IReadOnlyList<OutgoingMessage> valid, IReadOnlyList<OutgoingMessage> invalid) = sorter.Sort(batch.Messages, ofChanges: batch.Topic == Topics.PostgresEvents);
        if (sorter.Named.Count > 0 && await seen.DuplicatesAsync(sorter.Named, cancellationToken) is { Count: > 0 } duplicates)
        {
            (valid, invalid) = sorter.Refuse(duplicates, batch.Messages);
        }

        await producer.SendAsync(Topics.ValidatedUserBehavior, valid, cancellationToken);
        await producer.SendAsync(Topics.InvalidUserBehavior, invalid, cancellationToken);
        counts.Add(valid.Count, invalid.Count);
        skipped.Add(sorter.Skipped, batch.Topic);
    }
}
