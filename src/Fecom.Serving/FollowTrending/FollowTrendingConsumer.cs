using Fecom.Learning.Recommend;
using Fecom.Platform.Messaging;
using MassTransit;

namespace Fecom.Serving.FollowTrending;

/// <summary>Counts every validated event towards the trending products.</summary>
internal sealed class FollowTrendingConsumer(TrendingFeed trending) : IConsumer<TopicBatch<ProductVisit>>
{
    public Task Consume(ConsumeContext<TopicBatch<ProductVisit>> context)
    {
        foreach (TopicMessage<ProductVisit> message in context.Message.Messages)
        {
            ProductVisit visit = message.Value;
            trending.Add(visit, Category.OfCode(visit.CategoryId, visit.CategoryCode));
        }

        return Task.CompletedTask;
    }
}
