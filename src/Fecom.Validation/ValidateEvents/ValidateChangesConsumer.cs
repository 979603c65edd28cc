using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Does for the changes of PostgreSQL tables what <see cref="ValidateEventsConsumer"/> does for raw events. It runs beside that one, so its sorter is its own.</summary>
internal sealed class ValidateChangesConsumer([FromKeyedServices(Topics.PostgresEvents)] EventSorter sorter, ITopicProducer producer, SkippedChanges skipped)
    : IConsumer<TopicBatch<RawMessage>>
{
    public Task Consume(ConsumeContext<TopicBatch<RawMessage>> context) =>
        ValidateEventsConsumer.ValidateAsync(sorter, producer, skipped, context.Message, context.CancellationToken);
}
