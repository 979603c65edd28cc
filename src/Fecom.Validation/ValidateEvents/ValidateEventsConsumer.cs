using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Validation.AlertInvalidShare;
using MassTransit;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Sends each raw event on to exactly one of two topics: validated, or invalid with every error.</summary>
internal sealed class ValidateEventsConsumer(EventSorter sorter, SeenEventIds seen, RecentCounts counts, ITopicProducer producer)
    : IConsumer<TopicBatch<RawMessage>>
{
    public async Task Consume(ConsumeContext<TopicBatch<RawMessage>> context)
    {
        (IReadOnlyList<OutgoingMessage> valid, IReadOnlyList<OutgoingMessage> invalid) = sorter.Sort(context.Message.Messages);
        if (sorter.Named.Count > 0 && await seen.DuplicatesAsync(sorter.Named, context.CancellationToken) is { Count: > 0 } duplicates)
        {
            (valid, invalid) = sorter.Refuse(duplicates, context.Message.Messages);
        }

        await producer.SendAsync(Topics.ValidatedUserBehavior, valid, context.CancellationToken);
        await producer.SendAsync(Topics.InvalidUserBehavior, invalid, context.CancellationToken);
        counts.Add(valid.Count, invalid.Count);
    }
}
