using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;

namespace Fecom.Training.TrainAfterFirstLoad;

/// <summary>Trains when a load is complete and nothing was trained before, or far less than came now.</summary>
internal sealed class LoadCompletedConsumer(FirstTrainingStarter starter) : IConsumer<TopicBatch<LoadCompleted>>
{
    public async Task Consume(ConsumeContext<TopicBatch<LoadCompleted>> context)
    {
        long loaded = context.Message.Messages.Sum(message => message.Value.Rows);
        if (!await starter.StartAfterGrowthAsync(loaded, context.CancellationToken))
        {
            await starter.StartAsync(context.CancellationToken);
        }
    }
}
