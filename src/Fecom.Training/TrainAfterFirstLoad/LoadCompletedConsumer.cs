using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;

namespace Fecom.Training.TrainAfterFirstLoad;

/// <summary>Trains when a load is complete and nothing was trained before.</summary>
internal sealed class LoadCompletedConsumer(FirstTrainingStarter starter) : IConsumer<TopicBatch<LoadCompleted>>
{
    public Task Consume(ConsumeContext<TopicBatch<LoadCompleted>> context) => starter.StartAsync(context.CancellationToken);
}
