using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Validates raw events: see <see cref="EventForwarding"/>.</summary>
internal sealed class ValidateEventsConsumer(
    [FromKeyedServices(Topics.RawUserBehavior)] EventSorter sorter,
    EventForwarding forwarding
) : IConsumer<TopicBatch<RawMessage>>
{
    public Task Consume(ConsumeContext<TopicBatch<RawMessage>> context) =>
        forwarding.ForwardAsync(sorter, context.Message, context.CancellationToken);
}
