using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;

namespace Fecom.Training.TrainAfterFirstLoad;

/// <summary>Trains when a load is complete and nothing was trained before, or far less than came now.</summary>
internal sealed class LoadCompletedConsumer(FirstTrainingStarter starter) : IConsumer<TopicBatch<LoadCompleted>>
{
    public Task Consume(ConsumeContext<TopicBatch<LoadCompleted>> context) =>
        starter.StartAsync(context.Message.Messages.Sum(message => message.Value.Rows), context.CancellationToken);
}
