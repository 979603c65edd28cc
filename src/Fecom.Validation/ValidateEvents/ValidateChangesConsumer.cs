using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Does for the changes of PostgreSQL tables what <see cref="ValidateEventsConsumer"/> does for raw events. It runs beside that one, so its sorter is its own.</summary>
internal sealed class ValidateChangesConsumer(
    [FromKeyedServices(Topics.PostgresEvents)] EventSorter sorter,
    EventForwarding forwarding
) : IConsumer<TopicBatch<RawMessage>>
{
    public Task Consume(ConsumeContext<TopicBatch<RawMessage>> context) =>
        forwarding.ForwardAsync(sorter, context.Message, context.CancellationToken);
}
