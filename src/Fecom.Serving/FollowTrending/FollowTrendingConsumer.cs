using Fecom.Contracts;
using Fecom.Learning.Merchandising;
using Fecom.Learning.Recommend;
using Fecom.Platform.Messaging;
using Fecom.Serving.FollowSessions;
using Fecom.Serving.GrowIndex;
using Fecom.Serving.KnowProducts;
using MassTransit;

namespace Fecom.Serving.FollowTrending;

/// <summary>Counts every validated event towards the trending products, and takes what it says of its product into the catalogue and the visit into its session.</summary>
internal sealed class FollowTrendingConsumer(
    TrendingFeed trending,
    ProductCatalogue catalogue,
    LiveSessions sessions,
    OpenSessions open,
    TimeProvider time
) : IConsumer<TopicBatch<VisitBlock>>
{
    public Task Consume(ConsumeContext<TopicBatch<VisitBlock>> context)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        foreach (ProductVisit visit in context.Message.Messages.SelectMany(message => message.Value.Visits))
        {
            Category category = Category.OfCode(visit.CategoryId, visit.CategoryCode);
            trending.Add(visit, category);
            catalogue.Add(visit.ProductId, new ProductFacts(category, visit.Brand, visit.Price));
            if (visit.Session is { } session)
            {
                sessions.Add(session, visit.ProductId, visit.Type);
                if (!visit.IsSample)
                {
                    open.Add(session, visit.ProductId, visit.Type, visit.Time, now);
                }
            }
        }

        return Task.CompletedTask;
    }
}
