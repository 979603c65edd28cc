using Fecom.Contracts;
using Fecom.Platform.Messaging;
using MassTransit;
using Npgsql;

namespace Fecom.Warehouse.CountFeedback;

/// <summary>Writes the feedback on recommendations to gold exactly once, and adds it to the hourly figures.</summary>
internal sealed class CountFeedbackConsumer(SinkLedger<CountFeedbackConsumer> ledger)
    : IConsumer<TopicBatch<RecommendationFeedback>>
{
    public Task Consume(ConsumeContext<TopicBatch<RecommendationFeedback>> context) =>
        ledger.CommitAsync(
            context.Message,
            (connection, commit) =>
                WriteAsync(
                    connection,
                    [.. commit.Messages.Select(message => message.Value)],
                    [.. commit.Messages.Select(message => Id(message.Origin))],
                    context.CancellationToken
                ),
            rows: null,
            context.CancellationToken
        );

    private static async Task WriteAsync(
        NpgsqlConnection connection,
        RecommendationFeedback[] feedback,
        Guid[] ids,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands =
            {
                SinkTransaction.LimitIdle(),
                new(
                    """
                    with told as (
                        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) as t (feedback_id, received_at, recommendation_id,
                            product_id, type, outcome, served_at, kind, model, model_version, rules_version, source, position, price, experiment, variant)),
                    facts as (
                        insert into gold.fact_feedback
                        select feedback_id, received_at, (received_at at time zone 'UTC')::date, recommendation_id, product_id, type, outcome, served_at,
                            kind, model, model_version, rules_version, source, position, price, experiment, variant
                        from told),
                    counted as (
                        insert into gold.agg_recommendation_hourly as a
                        select date_bin('1 hour', served_at, '2000-01-01T00:00:00Z'), kind, model, coalesce(model_version, 0), source,
                            position, count(*) filter (where type = 'impression'), count(*) filter (where type = 'click'),
                            count(*) filter (where type = 'cart'), count(*) filter (where type = 'purchase'),
                            coalesce(sum(price) filter (where type = 'purchase'), 0)
                        from told where outcome = 'counted'
                        group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6
                        on conflict (hour, kind, model, model_version, source, position) do update
                        set impressions = a.impressions + excluded.impressions, clicks = a.clicks + excluded.clicks,
                            carts = a.carts + excluded.carts, purchases = a.purchases + excluded.purchases,
                            revenue = a.revenue + excluded.revenue)
                    insert into gold.agg_feedback_hourly as a
                    select date_bin('1 hour', received_at, '2000-01-01T00:00:00Z'), type, outcome, count(*)
                    from told group by 1, 2, 3 order by 1, 2, 3
                    on conflict (hour, type, outcome) do update set feedback = a.feedback + excluded.feedback
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = ids },
                        Column(feedback, one => one.ReceivedAt),
                        Column(feedback, one => one.RecommendationId),
                        Column(feedback, one => one.ProductId),
                        Column(feedback, one => one.Type),
                        Column(feedback, one => one.Outcome),
                        Column(feedback, one => one.ServedAt),
                        Column(feedback, one => one.Kind),
                        Column(feedback, one => one.Model),
                        Column(feedback, one => one.ModelVersion),
                        Column(feedback, one => one.RulesVersion),
                        Column(feedback, one => one.Source),
                        Column(feedback, one => one.Position),
                        Column(feedback, one => one.Price),
                        Column(feedback, one => one.Experiment),
                        Column(feedback, one => one.Variant),
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The same each time that the message is sent.</summary>
    private static Guid Id(MessageOrigin origin) => EventId.At(EventId.HashSource(origin.Source), origin.Position);

    private static NpgsqlParameter Column<T>(
        RecommendationFeedback[] feedback,
        Converter<RecommendationFeedback, T> value
    ) => new() { Value = Array.ConvertAll(feedback, value) };
}
