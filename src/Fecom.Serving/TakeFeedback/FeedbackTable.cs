using Npgsql;

namespace Fecom.Serving.TakeFeedback;

/// <summary>What a shop said of a recommended product.</summary>
internal readonly record struct NewFeedback(Guid RecommendationId, string ProductId, string Type, decimal? Price);

/// <summary>SQL of <c>serving.feedback</c> for what comes in.</summary>
internal sealed class FeedbackTable(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Writes feedback in one transaction, one call at a time: so numbers ascend in the order of the commits, and of two that say the same one is the repeat.</summary>
    public async Task<TakenFeedback> AddAsync(IReadOnlyList<NewFeedback> items, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        // Without a transaction of its own a batch is one, and each of its statements sees what was committed before it.
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands =
            {
                new($"select pg_advisory_xact_lock({ServingLocks.TakeFeedback})"),
                new(
                    """
                    with said as (
                        select s.*, row_number() over (partition by recommendation_id, product_id, type order by place) as time
                        from unnest($1, $2, $3, $4, $5) with ordinality as s (recommendation_id, product_id, type, price, served_at, place)),
                    added as (
                        insert into serving.feedback (recommendation_id, product_id, type, price, served_at, received_at, is_repeat)
                        select recommendation_id, product_id, type, price, served_at, $6, time > 1 or exists (
                            select from serving.feedback f
                            where f.recommendation_id = s.recommendation_id and f.product_id = s.product_id and f.type = s.type
                                and not f.is_repeat)
                        from said s order by place
                        returning is_repeat)
                    select count(*) filter (where is_repeat) from added
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = items.Select(one => one.RecommendationId).ToArray() },
                        new() { Value = items.Select(one => one.ProductId).ToArray() },
                        new() { Value = items.Select(one => one.Type).ToArray() },
                        new() { Value = items.Select(one => one.Price).ToArray() },
                        new() { Value = items.Select(one => AnswerTime.Of(one.RecommendationId)).ToArray() },
                        new() { Value = time.GetUtcNow().UtcDateTime },
                    },
                },
            },
        };
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new TakenFeedback(items.Count, (int)reader.GetInt64(0));
    }
}
