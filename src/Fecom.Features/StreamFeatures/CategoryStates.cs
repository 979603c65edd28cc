using Fecom.Learning.Views;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Features.StreamFeatures;

/// <summary>SQL of <c>features.category_state</c>: the same merge as <see cref="CategoryView.Merge"/>, by PostgreSQL, on the row as it is when the lock is got.</summary>
internal static class CategoryStates
{
    private const string Columns = """
        category_id, revision, category_code_level1, category_code_level2, view_count, cart_count, remove_from_cart_count,
        purchase_count, event_time, event_id
        """;

    private const string IsNewer = "(excluded.event_time, excluded.event_id) > (s.event_time, s.event_id)";

    /// <summary>Merges the deltas into the rows and returns these.</summary>
    /// <param name="deltas">In ascending order of their ids.</param>
    /// <param name="versions">The partitions' versions.</param>
    /// <param name="now">The time of writing, UTC.</param>
    public static NpgsqlBatchCommand Merge(
        Delta<CategoryState>[] deltas,
        IReadOnlyDictionary<int, long> versions,
        DateTime now
    ) =>
        new(
            $"""
            insert into features.category_state as s ({Columns}, partition, version, updated_at)
            select i, $13, l1, l2, n1, n2, n3, n4, t, e, p, v, $12
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as u (i, l1, l2, n1, n2, n3, n4, t, e, p, v)
            on conflict (category_id) do update
            set partition = excluded.partition, version = excluded.version, updated_at = excluded.updated_at,
                revision = s.revision + 1,
                category_code_level1 = case when {IsNewer} then excluded.category_code_level1 else s.category_code_level1 end,
                category_code_level2 = case when {IsNewer} then excluded.category_code_level2 else s.category_code_level2 end,
                event_time = case when {IsNewer} then excluded.event_time else s.event_time end,
                event_id = case when {IsNewer} then excluded.event_id else s.event_id end,
                view_count = s.view_count + excluded.view_count,
                cart_count = s.cart_count + excluded.cart_count,
                remove_from_cart_count = s.remove_from_cart_count + excluded.remove_from_cart_count,
                purchase_count = s.purchase_count + excluded.purchase_count
            returning {Columns}
            """
        )
        {
            Parameters =
            {
                new() { Value = Array.ConvertAll(deltas, delta => delta.Entity) },
                new() { Value = Array.ConvertAll(deltas, delta => delta.State.CategoryCodeLevel1) },
                new() { Value = Array.ConvertAll(deltas, delta => delta.State.CategoryCodeLevel2) },
                new() { Value = Array.ConvertAll(deltas, delta => delta.State.Counts.Views) },
                new() { Value = Array.ConvertAll(deltas, delta => delta.State.Counts.Carts) },
                new() { Value = Array.ConvertAll(deltas, delta => delta.State.Counts.Removals) },
                new() { Value = Array.ConvertAll(deltas, delta => delta.State.Counts.Purchases) },
                new() { Value = Array.ConvertAll(deltas, delta => delta.State.EventTime) },
                new() { Value = Array.ConvertAll(deltas, delta => delta.State.EventId) },
                new() { Value = Array.ConvertAll(deltas, delta => delta.Partition) },
                new() { Value = Array.ConvertAll(deltas, delta => versions[delta.Partition]) },
                new() { Value = now, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = Revisions.First(now) },
            },
        };

    /// <summary>The rows of a partition since a version.</summary>
    public static NpgsqlBatchCommand Changed(int partition, long since, DateTime now) =>
        new($"select {Columns} from features.category_state where partition = $1 and version > $2 and updated_at > $3")
        {
            Parameters =
            {
                new() { Value = partition },
                new() { Value = since },
                new() { Value = now - CategoryView.View.TimeToLive },
            },
        };

    /// <summary>The rows that come after an id, in the order of the ids; last whether the row lives online and has for a while.</summary>
    public static NpgsqlBatchCommand After(string id, int count, DateTime now, DateTime settled) =>
        new(
            $"""
            select {Columns}, updated_at > $2 and updated_at < $3
            from features.category_state where category_id > $1 order by category_id limit $4
            """
        )
        {
            Parameters =
            {
                new() { Value = id },
                new() { Value = now - CategoryView.View.TimeToLive },
                new() { Value = settled },
                new() { Value = count },
            },
        };

    /// <summary>A row of <see cref="Merge"/>, <see cref="Changed"/> or <see cref="After"/>.</summary>
    public static FeatureState Read(NpgsqlDataReader reader) =>
        FeatureState.OfCategory(
            reader.GetString(0),
            reader.GetInt64(1),
            new CategoryState
            {
                CategoryCodeLevel1 = reader.GetText(2),
                CategoryCodeLevel2 = reader.GetText(3),
                Counts = reader.GetCounts(4),
                EventTime = reader.GetDateTime(8),
                EventId = reader.GetGuid(9),
            }
        );
}
