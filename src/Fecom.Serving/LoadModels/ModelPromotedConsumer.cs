using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;

namespace Fecom.Serving.LoadModels;

/// <summary>Consumes promotions: of several of one model only the newest promotion is followed, in whatever order they come. Every version that is announced is remembered.</summary>
internal sealed class ModelPromotedConsumer(ModelPromotions promotions, KnownVersions versions)
    : IConsumer<TopicBatch<ModelPromoted>>
{
    public async Task Consume(ConsumeContext<TopicBatch<ModelPromoted>> context)
    {
        IEnumerable<ModelPromoted> newest = context
            .Message.Messages.Select(message => message.Value)
            .Where(promoted => promoted.Alias == ModelPromotions.Champion)
            .GroupBy(promoted => promoted.Model, StringComparer.Ordinal)
            .Select(ofModel => ofModel.OrderBy(promoted => promoted.Promotion).Last());
        foreach (ModelPromoted promoted in newest)
        {
            await promotions.FollowAsync(promoted, context.CancellationToken);
        }

        foreach (ModelPromoted announced in context.Message.Messages.Select(message => message.Value))
        {
            await versions.RememberAsync(announced, context.CancellationToken);
        }
    }
}
