using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Fecom.Platform.Retention;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>The newest states in PostgreSQL: a tick is read, and a small one written, in one round trip each.</summary>
internal static class OfflineStates
{
    /// <summary>Rows of one round trip: enough that the round trips cost nothing, few enough that a large tick has several.</summary>
    private const int PartSize = 4_000;

    /// <summary>Reads the states that are not known.</summary>
    /// <returns>The users who are forgotten, of before the states.</returns>
    public static async Task<ForgottenKeys> LoadAsync(
        NpgsqlConnection connection,
        List<string>[] unknown,
        FeatureTick tick,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands = { SinkTransaction.PlanOnce(), ForgottenKeys.Select(StreamState.ForgottenTable) },
        };
        int[] views = [.. Enumerable.Range(0, unknown.Length).Where(view => unknown[view].Count > 0)];
        foreach (int view in views)
        {
            batch.BatchCommands.Add(StateTable.All[view].Select([.. unknown[view]]));
        }

        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        ForgottenKeys forgotten = await ForgottenKeys.ReadAsync(reader, cancellationToken);
        foreach (int view in views)
        {
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                Take(StateTable.All[view].View, tick.Works(view)[reader.GetString(0)], reader);
            }
        }

        return forgotten;
    }

    /// <summary>
    /// Writes a tick's states inside its transaction, view by view and each in ascending order of its entities: hosts that write
    /// the same rows wait for each other and never in a circle. Rows that another host has moved on are stepped again from what is there.
    /// </summary>
    /// <param name="connection">In the transaction.</param>
    /// <param name="tick">The tick.</param>
    /// <param name="commit">What it was stepped over; its ledger is moved too.</param>
    /// <param name="now">The time of writing, UTC.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The states as they are now, for the online store; and how many rows another host had moved on.</returns>
    public static async Task<(FeatureState[] States, int Conflicts)> SaveAsync(
        NpgsqlConnection connection,
        FeatureTick tick,
        SinkCommit<BehaviorEvent> commit,
        DateTime now,
        CancellationToken cancellationToken
    )
    {
        EntityWork[][] works = tick.Ordered();
        int[] written = await WriteAsync(connection, works, tick.Packed, commit, now, cancellationToken);
        int conflicts = 0;
        for (int view = 0; view < works.Length; view++)
        {
            if (written[view] < works[view].Length)
            {
                conflicts += await StepAgainAsync(connection, tick, view, now, cancellationToken);
            }
        }

        return (StatesOf(works), conflicts);
    }

    /// <summary>Packs and writes the states, a part of them at a time: PostgreSQL has one part while the next is packed.</summary>
    /// <returns>Of each view the rows that were written.</returns>
    private static async Task<int[]> WriteAsync(
        NpgsqlConnection connection,
        EntityWork[][] works,
        PackedStates packed,
        SinkCommit<BehaviorEvent> commit,
        DateTime now,
        CancellationToken cancellationToken
    )
    {
        int[] written = new int[works.Length];
        Task writing = Task.CompletedTask;
        List<(int View, NpgsqlBatchCommand Command)> part = [];
        int rows = 0;
        try
        {
            for (int view = 0; view < works.Length; view++)
            {
                foreach (ArraySegment<EntityWork> some in Parts(works[view]))
                {
                    part.Add((view, StateTable.All[view].Write(some, packed, now)));
                    rows += some.Count;
                    if (rows >= PartSize)
                    {
                        await writing;
                        writing = SendAsync(connection, part, written, [], cancellationToken);
                        (part, rows) = ([], 0);
                    }
                }
            }
        }
        finally
        {
            await writing;
        }

        IEnumerable<NpgsqlBatchCommand> last = TickTable
            .Write(works, commit.Versions)
            .Concat(commit.Advance?.Take() ?? []);
        await SendAsync(connection, part, written, last, cancellationToken);
        return written;
    }

    private static IEnumerable<ArraySegment<EntityWork>> Parts(EntityWork[] works)
    {
        for (int start = 0; start < works.Length; start += PartSize)
        {
            yield return new(works, start, Math.Min(PartSize, works.Length - start));
        }
    }

    private static async Task SendAsync(
        NpgsqlConnection connection,
        List<(int View, NpgsqlBatchCommand Command)> part,
        int[] written,
        IEnumerable<NpgsqlBatchCommand> others,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBatch batch = new(connection) { BatchCommands = { SinkTransaction.LimitIdle() } };
        foreach (NpgsqlBatchCommand command in part.Select(one => one.Command).Concat(others))
        {
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        foreach ((int view, NpgsqlBatchCommand command) in part)
        {
            written[view] += (int)command.RecordsAffected;
        }
    }

    /// <summary>The next states of each view in the order of their entities, from those that were seen last.</summary>
    /// <param name="database">Where they are.</param>
    /// <param name="after">The entity of each view that was seen last; set to the last one now, or to null at the end of a view. A view whose end was reached is left out.</param>
    /// <param name="count">How many of a view.</param>
    /// <param name="now">The present: what has expired online is left out.</param>
    /// <param name="settled">What was written later may still be on its way to the online store, and is left out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<List<FeatureState>> NextAsync(
        NpgsqlDataSource database,
        string?[] after,
        int count,
        DateTime now,
        DateTime settled,
        CancellationToken cancellationToken
    )
    {
        List<FeatureState> states = [];
        for (int view = 0; view < after.Length; view++)
        {
            if (after[view] is not { } last)
            {
                continue;
            }

            (List<FeatureState> some, after[view]) = await PageAsync(
                database,
                StateTable.All[view],
                last,
                count,
                now,
                settled,
                cancellationToken
            );
            states.AddRange(some);
        }

        return states;
    }

    /// <summary>The next states of a view that live online, and the entity that was seen last; null at the view's end.</summary>
    public static async Task<(List<FeatureState> States, string? Last)> PageAsync(
        NpgsqlDataSource database,
        StateTable table,
        string after,
        int count,
        DateTime now,
        DateTime settled,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBatch batch = database.CreateBatch();
        batch.BatchCommands.Add(table.After(after, count, now, settled));
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        List<FeatureState> states = [];
        int rows = 0;
        for (; await reader.ReadAsync(cancellationToken); rows++)
        {
            after = reader.GetString(0);
            if (reader.GetBoolean(2))
            {
                states.Add(table.Read(reader));
            }
        }

        return (states, rows < count ? null : after);
    }

    /// <summary>The states of some entities that live online.</summary>
    public static async Task<List<FeatureState>> LivingAsync(
        NpgsqlDataSource database,
        StateTable table,
        string[] entities,
        DateTime now,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBatch batch = database.CreateBatch();
        batch.BatchCommands.Add(table.Living(entities, now));
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        List<FeatureState> states = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            states.Add(table.Read(reader));
        }

        return states;
    }

    private static FeatureState[] StatesOf(EntityWork[][] works)
    {
        FeatureState[] states = new FeatureState[works.Sum(some => some.Length)];
        int count = 0;
        for (int view = 0; view < works.Length; view++)
        {
            foreach (EntityWork work in works[view])
            {
                states[count++] = new FeatureState(StateTable.All[view].View, work.Entity, work.Packed);
            }
        }

        return states;
    }

    /// <summary>The rows are locked by the write that left them out, so this one succeeds.</summary>
    private static async Task<int> StepAgainAsync(
        NpgsqlConnection connection,
        FeatureTick tick,
        int view,
        DateTime now,
        CancellationToken cancellationToken
    )
    {
        StateTable table = StateTable.All[view];
        IReadOnlyDictionary<string, EntityWork> works = tick.Works(view);
        Dictionary<string, EntityWork> moved = new(StringComparer.Ordinal);
        await using (NpgsqlBatch read = new(connection))
        {
            read.BatchCommands.Add(table.SelectOthers([.. works.Keys]));
            await using NpgsqlDataReader reader = await read.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                EntityWork work = works[reader.GetString(0)];
                Take(table.View, work, reader);
                moved.Add(work.Entity, work);
            }
        }

        tick.StepAgain(view, moved);
        EntityWork[] again = [.. moved.Values];
        NpgsqlBatchCommand written = table.Write(again, tick.Packed, now);
        await using NpgsqlBatch write = new(connection) { BatchCommands = { written } };
        await write.ExecuteNonQueryAsync(cancellationToken);
        return written.RecordsAffected == again.Length
            ? again.Length
            : throw new SinkConflictException(
                $"Another host has written {again.Length - written.RecordsAffected} of {again.Length} rows of {table.Name}; reading them again."
            );
    }

    private static void Take(FeatureView view, EntityWork work, NpgsqlDataReader reader)
    {
        work.Revision = reader.GetInt64(1);
        work.State = view.Unpack(reader.GetFieldValue<byte[]>(2));
    }
}
