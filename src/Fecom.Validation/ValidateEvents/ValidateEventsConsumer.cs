using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Sends each raw event on to exactly one of two topics: validated, or invalid with every error.</summary>
internal sealed class ValidateEventsConsumer([FromKeyedServices(Topics.RawUserBehavior)] EventSorter sorter, ITopicProducer producer, SkippedChanges skipped)
    : IConsumer<TopicBatch<RawMessage>>
{
    public Task Consume(ConsumeContext<TopicBatch<RawMessage>> context) =>
        ValidateAsync(sorter, producer, skipped, context.Message, context.CancellationToken);

    public static async Task ValidateAsync(
        EventSorter sorter,
        ITopicProducer producer,
        SkippedChanges skipped,
        TopicBatch<RawMessage> batch,
        CancellationToken cancellationToken
    )
    {
        bool ofChanges = batch.Topic == Topics.PostgresEvents;
        (IReadOnlyList<OutgoingMessage> valid, IReadOnlyList<OutgoingMessage> invalid) = sorter.Sort(batch.Messages, ofChanges);
        int changes = sorter.Skipped;
        await producer.SendAsync(Topics.ValidatedUserBehavior, valid, cancellationToken);
        await producer.SendAsync(Topics.InvalidUserBehavior, invalid, cancellationToken);
        skipped.Add(changes, batch.Topic);
    }
}
