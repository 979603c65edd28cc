using System.Runtime.CompilerServices;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>The newest states in PostgreSQL: a batch is written, and what the online store has not is read, in one round trip each.</summary>
internal static class OfflineStates
{
    /// <summary>Writes a batch's states inside its transaction, rows in ascending order of ids: sessions, products, categories.</summary>
    /// <returns>The states as they are now, for the online store.</returns>
    /// <exception cref="SinkConflictException">Another host has written one of the sessions; the transaction must end.</exception>
    public static async Task<FeatureState[]> SaveAsync(
        NpgsqlConnection connection,
        FeatureBatch batch,
        IReadOnlyDictionary<int, long> versions,
        DateTime now,
        CancellationToken cancellationToken
    )
    {
        KeyValuePair<string, SessionWork>[] sessions = [.. batch.Sessions];
        Array.Sort(sessions, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        foreach (KeyValuePair<string, SessionWork> session in sessions)
        {
            session.Value.NextRevision = Revisions.Next(session.Value.Revision, now);
        }

        string[] packed = Array.ConvertAll(sessions, session => session.Value.State!.Pack(session.Value.NextRevision));
        Delta<ProductState>[] products = batch.Products();
        Delta<CategoryState>[] categories = batch.Categories();
        NpgsqlBatchCommand written = SessionStates.Write(sessions, packed, versions, now);
        await using NpgsqlBatch command = new(connection)
        {
            BatchCommands =
            {
                SinkTransaction.LimitIdle(),
                written,
                ProductStates.Merge(products, versions, now),
                CategoryStates.Merge(categories, versions, now),
            },
        };
        FeatureState[] states = new FeatureState[sessions.Length + products.Length + categories.Length];
        int count = 0;
        for (; count < sessions.Length; count++)
        {
            states[count] = FeatureState.OfSession(sessions[count].Key, packed[count]);
        }

        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        SessionStates.Check(written, sessions.Length);
        while (await reader.ReadAsync(cancellationToken))
        {
            states[count++] = ProductStates.Read(reader);
        }

        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            states[count++] = CategoryStates.Read(reader);
        }

        return states;
    }

    /// <summary>The states that a partition's events have made since a version, as long as they live online.</summary>
    public static async IAsyncEnumerable<FeatureState> ChangedAsync(
        NpgsqlConnection connection,
        int partition,
        long since,
        DateTime now,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using NpgsqlBatch command = new(connection)
        {
            BatchCommands =
            {
                SessionStates.Changed(partition, since, now),
                ProductStates.Changed(partition, since, now),
                CategoryStates.Changed(partition, since, now),
            },
        };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        foreach (Func<NpgsqlDataReader, FeatureState> read in Readers)
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                yield return read(reader);
            }

            await reader.NextResultAsync(cancellationToken);
        }
    }

    /// <summary>The next states of each view in the order of their ids, from those that were seen last.</summary>
    /// <param name="database">Where they are.</param>
    /// <param name="after">The id of each view that was seen last; set to the last one now, or to nothing at the end of a view.</param>
    /// <param name="count">How many of a view.</param>
    /// <param name="now">The present: what has expired online is left out.</param>
    /// <param name="settled">What was written later may still be on its way to the online store, and is left out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<List<FeatureState>> NextAsync(
        NpgsqlDataSource database,
        string[] after,
        int count,
        DateTime now,
        DateTime settled,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBatch command = database.CreateBatch();
        command.BatchCommands.Add(SessionStates.After(after[0], count, now, settled));
        command.BatchCommands.Add(ProductStates.After(after[1], count, now, settled));
        command.BatchCommands.Add(CategoryStates.After(after[2], count, now, settled));
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<FeatureState> states = [];
        for (int view = 0; view < Readers.Length; view++)
        {
            int rows = 0;
            for (; await reader.ReadAsync(cancellationToken); rows++)
            {
                after[view] = reader.GetString(0);
                if (reader.GetBoolean(reader.FieldCount - 1))
                {
                    states.Add(Readers[view](reader));
                }
            }

            if (rows < count)
            {
                after[view] = "";
            }

            await reader.NextResultAsync(cancellationToken);
        }

        return states;
    }

    private static readonly Func<NpgsqlDataReader, FeatureState>[] Readers =
    [
        SessionStates.Read,
        ProductStates.Read,
        CategoryStates.Read,
    ];

    /// <summary>A text column that may be null.</summary>
    public static string? GetText(this NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>Four columns of counts.</summary>
    public static EventCounts GetCounts(this NpgsqlDataReader reader, int first) =>
        new(reader.GetInt64(first), reader.GetInt64(first + 1), reader.GetInt64(first + 2), reader.GetInt64(first + 3));
}
