using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Serving.TellFeedback;

/// <summary>SQL of the feedback that not every sink has yet.</summary>
internal sealed class UntoldFeedback(NpgsqlDataSource database)
{
    /// <summary>
    /// The next of it, oldest first, up to the first that came at a time or later. Numbers and times of receipt are not in the same order:
    /// hosts' clocks differ. What lies behind that first one waits with it.
    /// </summary>
    public Task<IReadOnlyList<GivenFeedback>> NextAsync(
        DateTime before,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<GivenFeedback>(
            """
            with next as (
                select * from serving.feedback where seq > (select seq from serving.feedback_told) order by seq limit @limit)
            select f.seq as "Seq", f.recommendation_id as "RecommendationId", f.product_id as "ProductId", f.type as "Type", f.price as "Price",
                f.served_at as "ServedAt", f.received_at as "ReceivedAt", f.is_repeat as "IsRepeat", r.kind as "Kind", r.model as "Model",
                r.model_version as "ModelVersion", r.rules_version as "RulesVersion", r.experiment as "Experiment", r.variant as "Variant",
                place as "Position", r.sources[place] as "Source"
            from next f
            left join serving.recommendation r on r.recommendation_id = f.recommendation_id and r.served_at = f.served_at
            cross join lateral (select array_position(r.products, f.product_id)) as found (place)
            where f.seq < coalesce((select min(seq) from next where received_at >= @before), 9223372036854775807)
            order by f.seq
            """,
            new { before, limit },
            cancellationToken
        );

    /// <summary>Every sink has it up to a number.</summary>
    public Task ToldAsync(long seq, CancellationToken cancellationToken) =>
        database.ExecuteAsync("update serving.feedback_told set seq = @seq", new { seq }, cancellationToken);
}
