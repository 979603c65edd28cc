using Fecom.Contracts;
using Fecom.Learning.Views;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// The states of every view as they are built anew from bronze, in tables of their own, <c>features.built_VIEW</c>, beside those that
/// the stream works on. A state is the same whatever the order of its events, so what comes meanwhile is stepped in afterwards.
/// </summary>
internal sealed class BuiltStates(NpgsqlConnection writer, TimeProvider time)
{
    /// <summary>
    /// What Redis has of an entity gives way to a higher revision only, and the stream goes on raising them: a built state's is that of
    /// a row made later than any build may take.
    /// </summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(1);

    private static readonly NpgsqlDbType[] Types =
    [
        NpgsqlDbType.Text,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.Bytea,
    ];

    private readonly DateTime _now = time.GetUtcNow().UtcDateTime;
    private readonly long _revision = Revisions.First(time.GetUtcNow().UtcDateTime + Ahead);

    /// <summary>Removes what a build that was cut off has left.</summary>
    public static Task DropAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        ExecuteAsync(
            connection,
            string.Join("; ", Views.Select(view => $"drop table if exists features.built_{view}")),
            cancellationToken
        );

    /// <summary>Makes the tables, like those that they are to replace.</summary>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        await DropAsync(writer, cancellationToken);
        foreach (string view in Views)
        {
            await using NpgsqlCommand read = new(
                "select coalesce('with (' || array_to_string(reloptions, ', ') || ')', '') from pg_class where oid = $1::regclass",
                writer
            )
            {
                Parameters = { new() { Value = $"features.state_{view}" } },
            };
            string options = (string)(await read.ExecuteScalarAsync(cancellationToken))!;
            await ExecuteAsync(
                writer,
                $"create table features.built_{view} (like features.state_{view} including all) {options}",
                cancellationToken
            );
        }
    }

    /// <summary>Builds the states of all events that the reader's transaction sees. One entity is in memory at a time: PostgreSQL sorts the events, view by view.</summary>
    /// <returns>States that were written.</returns>
    public async Task<long> FoldAsync(NpgsqlConnection reader, CancellationToken cancellationToken)
    {
        long written = 0;
        foreach (FeatureView view in FeatureViews.All)
        {
            written += await FoldAsync(view, reader, cancellationToken);
            await ExecuteAsync(writer, $"analyze features.built_{view.Name}", cancellationToken);
        }

        return written;
    }

    /// <summary>Steps in the events after a batch that the reader's transaction sees.</summary>
    /// <returns>How many they were.</returns>
    public async Task<long> StepAsync(NpgsqlConnection reader, long after, CancellationToken cancellationToken)
    {
        long stepped = 0;
        await foreach (
            BehaviorEvent[] part in BronzeEvents.ReadAsync(reader, BronzeEvents.CopyAfter(after), cancellationToken)
        )
        {
            stepped += await StepAsync(part, cancellationToken);
        }

        return stepped;
    }

    /// <summary>Puts the built states in the place of those that the stream has worked on, inside the writer's transaction.</summary>
    public Task ReplaceAsync(CancellationToken cancellationToken) =>
        ExecuteAsync(
            writer,
            string.Join(
                "; ",
                Views.Select(view =>
                    $"""
                        drop table features.state_{view};
                        alter table features.built_{view} rename to state_{view};
                        alter index features.built_{view}_pkey rename to state_{view}_pkey
                        """
                )
            ),
            cancellationToken
        );

    private static IEnumerable<string> Views => FeatureViews.All.Select(view => view.Name);

    private async Task<long> FoldAsync(FeatureView view, NpgsqlConnection reader, CancellationToken cancellationToken)
    {
        await using NpgsqlBinaryImporter states = await writer.BeginBinaryImportAsync(
            $"copy features.built_{view.Name} (entity, revision, updated_at, state) from stdin (format binary)",
            cancellationToken
        );
        states.Timeout = Timeout.InfiniteTimeSpan;
        string? current = null;
        EntityState? state = null;
        long written = 0;
        await foreach (
            BehaviorEvent[] part in BronzeEvents.ReadAsync(reader, BronzeEvents.Copy(view.Entity), cancellationToken)
        )
        {
            foreach (BehaviorEvent e in part)
            {
                if (view.EntityOf(e) is not { } entity)
                {
                    continue;
                }

                if (entity != current)
                {
                    written += await WriteAsync(states, current, state, cancellationToken);
                    (current, state) = (entity, view.Create());
                }

                state!.Step(e);
            }
        }

        written += await WriteAsync(states, current, state, cancellationToken);
        await states.CompleteAsync(cancellationToken);
        return written;
    }

    private async Task<int> WriteAsync(
        NpgsqlBinaryImporter states,
        string? entity,
        EntityState? state,
        CancellationToken cancellationToken
    )
    {
        if (entity is null)
        {
            return 0;
        }

        await states.StartRowAsync(cancellationToken);
        await states.WriteAsync(entity, Types[0], cancellationToken);
        await states.WriteAsync(_revision, Types[1], cancellationToken);
        await states.WriteAsync(_now, Types[2], cancellationToken);
        await states.WriteAsync(state!.Pack(_revision), Types[3], cancellationToken);
        return 1;
    }

    private async Task<int> StepAsync(BehaviorEvent[] events, CancellationToken cancellationToken)
    {
        foreach (FeatureView view in FeatureViews.All)
        {
            ILookup<string, BehaviorEvent> of = events
                .Select(e => (Event: e, Entity: view.EntityOf(e)))
                .Where(one => one.Entity is not null)
                .ToLookup(one => one.Entity!, one => one.Event, StringComparer.Ordinal);
            string[] entities = [.. of.Select(entity => entity.Key)];
            Dictionary<string, EntityState> states = await LoadAsync(view, entities, cancellationToken);
            byte[][] packed = new byte[entities.Length][];
            for (int i = 0; i < entities.Length; i++)
            {
                EntityState state = states.GetValueOrDefault(entities[i]) ?? view.Create();
                foreach (BehaviorEvent e in of[entities[i]])
                {
                    state.Step(e);
                }

                packed[i] = state.Pack(_revision);
            }

            await using NpgsqlCommand save = new(
                $"""
                insert into features.built_{view.Name} (entity, revision, updated_at, state)
                select i, $3, $4, b from unnest($1, $2) as t (i, b)
                on conflict (entity) do update set state = excluded.state
                """,
                writer
            )
            {
                CommandTimeout = 0,
                Parameters =
                {
                    new() { Value = entities },
                    new() { Value = packed },
                    new() { Value = _revision },
                    new() { Value = _now, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                },
            };
            await save.ExecuteNonQueryAsync(cancellationToken);
        }

        return events.Length;
    }

    private async Task<Dictionary<string, EntityState>> LoadAsync(
        FeatureView view,
        string[] entities,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand load = new(
            $"select entity, state from features.built_{view.Name} where entity = any($1)",
            writer
        )
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = entities } },
        };
        await using NpgsqlDataReader reader = await load.ExecuteReaderAsync(cancellationToken);
        Dictionary<string, EntityState> states = new(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            states.Add(reader.GetString(0), view.Unpack(reader.GetFieldValue<byte[]>(1)));
        }

        return states;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
