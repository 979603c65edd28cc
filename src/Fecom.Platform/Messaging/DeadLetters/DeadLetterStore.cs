using Fecom.Contracts;
using MassTransit;

namespace Fecom.Platform.Messaging;

/// <summary>Keeps what the dead-letter topics carry in <c>platform.dead_letter</c>. Taking a letter twice changes nothing.</summary>
internal sealed class DeadLetterStore(DeadLetterTable table) : IConsumer<TopicBatch<DeadLetter>>
{
    public Task Consume(ConsumeContext<TopicBatch<DeadLetter>> context) =>
        table.KeepAsync(context.Message.Messages.Select(message => message.Value), context.CancellationToken);
}
