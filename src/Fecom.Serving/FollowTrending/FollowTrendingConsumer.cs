using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Platform.Messaging;
using MassTransit;

namespace Fecom.Serving.FollowTrending;

/// <summary>Takes every validated event into what is trending.</summary>
internal sealed class FollowTrendingConsumer(TrendingIndex trending) : IConsumer<TopicBatch<BehaviorEvent>>
{
    public Task Consume(ConsumeContext<TopicBatch<BehaviorEvent>> context)
    {
        foreach (TopicMessage<BehaviorEvent> message in context.Message.Messages)
        {
            BehaviorEvent e = message.Value;
            trending.Add(e.ProductId, TrendingCategory.Of(e), e.EventType, e.EventTime);
        }

        return Task.CompletedTask;
    }
}
