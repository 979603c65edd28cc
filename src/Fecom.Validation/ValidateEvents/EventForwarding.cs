using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Validation.AlertInvalidShare;
using Fecom.Validation.FollowChanges;
using Fecom.Validation.ReadAvro;

namespace Fecom.Validation.ValidateEvents;

/// <summary>
/// Sends each event of a batch on to exactly one of two topics: validated, or invalid with every error; of those that are valid it tells all
/// hosts in short. A captured row that came before goes nowhere.
/// </summary>
internal sealed class EventForwarding(
    SeenEventIds seen,
    CapturedRows rows,
    ChangeFeeds feeds,
    FramedMessages framed,
    RecentCounts counts,
    ValidationMetrics metrics,
    SkippedChanges skipped,
    ITopicProducer producer
)
{
    /// <summary>Where events go.</summary>
    public static IReadOnlyList<string> Outcomes { get; } =
    [Topics.ValidatedUserBehavior, Topics.InvalidUserBehavior, Topics.Visits];

    public async Task ForwardAsync(
        EventSorter sorter,
        TopicBatch<RawMessage> batch,
        CancellationToken cancellationToken
    )
    {
        bool ofChanges = batch.Topic == Topics.PostgresEvents;
        if (ofChanges)
        {
            await feeds.LearnAsync(batch.Messages.Select(message => message.Origin.Source), cancellationToken);
        }

        (IReadOnlyList<OutgoingMessage> valid, IReadOnlyList<OutgoingMessage> invalid) = sorter.Sort(
            batch.Messages,
            ofChanges,
            producer.MaxBytes(Topics.InvalidUserBehavior),
            await framed.ReadAsync(batch.Messages, cancellationToken)
        );
        int repeated = 0;
        if (sorter.Rows.Count > 0 && await rows.RepeatsAsync(sorter.Rows, cancellationToken) is { Count: > 0 } repeats)
        {
            (valid, invalid) = sorter.PassOver(repeats, batch.Messages);
            repeated = repeats.Count;
        }

        if (
            sorter.Named.Count > 0
            && await seen.DuplicatesAsync(sorter.Named, cancellationToken) is { Count: > 0 } duplicates
        )
        {
            (valid, invalid) = sorter.Refuse(duplicates, batch.Messages);
        }

        await feeds.AddAsync(sorter.Feeds.News, cancellationToken);
        await Task.WhenAll(
            producer.SendAsync(Topics.ValidatedUserBehavior, valid, cancellationToken),
            producer.SendAsync(Topics.InvalidUserBehavior, invalid, cancellationToken),
            producer.SendAsync(Topics.Visits, sorter.Visits(), cancellationToken)
        );
        counts.Add(valid.Count, invalid.Count);
        metrics.CameLate(sorter.Late, batch.Topic);
        skipped.Add(sorter.Skipped, repeated, batch.Topic);
    }
}
