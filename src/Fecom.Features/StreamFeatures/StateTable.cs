using Fecom.Learning.Views;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// SQL of one view's table, <c>features.state_VIEW</c>: the newest state of each entity, packed as the online store has it.
/// A write takes effect only on the very row that its state was stepped from, told by the row's revision.
/// </summary>
internal sealed class StateTable(FeatureView view)
{
    /// <summary>The tables in the order of <see cref="FeatureViews.All"/>, in which every host locks their rows.</summary>
    public static IReadOnlyList<StateTable> All { get; } = [.. FeatureViews.All.Select(view => new StateTable(view))];

    public FeatureView View => view;

    public string Name { get; } = $"features.state_{view.Name}";

    /// <summary>The rows of some entities.</summary>
    public NpgsqlBatchCommand Select(string[] entities) =>
        new($"select entity, revision, state from {Name} where entity = any($1)")
        {
            Parameters = { new() { Value = entities } },
        };

    /// <summary>Those of the rows that this transaction has not written.</summary>
    public NpgsqlBatchCommand SelectOthers(string[] entities) =>
        new($"select entity, revision, state from {Name} where entity = any($1) and xmin <> pg_current_xact_id()::xid")
        {
            Parameters = { new() { Value = entities } },
        };

    /// <summary>Packs and writes the states; fewer rows are affected when another host has written one of them. All of them are locked then.</summary>
    /// <param name="works">In ascending order of their entities.</param>
    /// <param name="packed">Takes the packed states.</param>
    /// <param name="now">The time of writing, UTC.</param>
    public NpgsqlBatchCommand Write(ReadOnlySpan<EntityWork> works, PackedStates packed, DateTime now)
    {
        string[] entities = new string[works.Length];
        long[] revisions = new long[works.Length];
        ReadOnlyMemory<byte>[] states = new ReadOnlyMemory<byte>[works.Length];
        for (int i = 0; i < works.Length; i++)
        {
            works[i].Pack(packed, now);
            (entities[i], revisions[i], states[i]) = (works[i].Entity, works[i].NextRevision, works[i].Packed);
        }

        return new(
            $"""
            insert into features.state_{view.Name} as s (entity, revision, updated_at, state)
            select i, r, $4, b from unnest($1, $2, $3) as t (i, r, b)
            on conflict (entity) do update
            set revision = excluded.revision, updated_at = excluded.updated_at, state = excluded.state
            where s.revision = excluded.revision - 1
            """
        )
        {
            Parameters =
            {
                new() { Value = entities },
                new() { Value = revisions },
                new() { Value = states, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                new() { Value = now, NpgsqlDbType = NpgsqlDbType.TimestampTz },
            },
        };
    }

    /// <summary>The states of some entities that live online.</summary>
    public NpgsqlBatchCommand Living(string[] entities, DateTime now) =>
        new($"select entity, state from {Name} where entity = any($1) and updated_at > $2")
        {
            Parameters =
            {
                new() { Value = entities },
                new() { Value = now - view.TimeToLive },
            },
        };

    /// <summary>The rows that come after an entity, in the order of the entities; last whether the row lives online and was written before a moment.</summary>
    public NpgsqlBatchCommand After(string entity, int count, DateTime now, DateTime settled) =>
        new(
            $"select entity, state, updated_at > $2 and updated_at < $3 from {Name} where entity > $1 order by entity limit $4"
        )
        {
            Parameters =
            {
                new() { Value = entity },
                new() { Value = now - view.TimeToLive },
                new() { Value = settled },
                new() { Value = count },
            },
        };

    /// <summary>A row of <see cref="Living"/> or <see cref="After"/>.</summary>
    public FeatureState Read(NpgsqlDataReader reader) =>
        new(view, reader.GetString(0), reader.GetFieldValue<byte[]>(1));
}
