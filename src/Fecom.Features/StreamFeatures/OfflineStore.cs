using System.Text.Json;
using Fecom.Contracts;
using Fecom.Learning.Views;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Features.StreamFeatures;

/// <summary>The offline store's SQL: rows by COPY, newest states by upsert. A state is JSON: the values in the order of its view's fields.</summary>
internal static class OfflineStore
{
    public static async Task CopyRowsAsync(NpgsqlConnection connection, IEnumerable<FeatureRow> rows, CancellationToken cancellationToken)
    {
        await using NpgsqlBinaryImporter importer = await connection.BeginBinaryImportAsync(
            """
            copy features.session_row (event_time, received_at, event_id, activity_count, event_weekday, event_type, user_id,
                user_session, product_id, category_id, category_code_level1, category_code_level2, price, brand)
            from stdin (format binary)
            """,
            cancellationToken
        );
        foreach (FeatureRow row in rows)
        {
            WriteRow(importer, row.Event, row.Features);
        }

        await importer.CompleteAsync(cancellationToken);
    }

    public static async Task LoadSessionsAsync(
        NpgsqlConnection connection,
        IReadOnlyCollection<string> ids,
        Dictionary<string, SessionState> into,
        CancellationToken cancellationToken
    )
    {
        if (ids.Count == 0)
        {
            return;
        }

        await using NpgsqlCommand command = new(
            "select user_session, state from features.session_state where user_session = any($1)",
            connection
        )
        {
            Parameters = { new() { Value = ids.ToArray() } },
        };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            into.Add(reader.GetString(0), SessionState.FromValues(Values(reader.GetString(1)))!);
        }
    }

    public static async Task LoadProductsAsync(
        NpgsqlConnection connection,
        IReadOnlyCollection<string> ids,
        Dictionary<string, ProductState> into,
        CancellationToken cancellationToken
    )
    {
        if (ids.Count == 0)
        {
            return;
        }

        await using NpgsqlCommand command = new(
            "select product_id, state from features.product_state where product_id = any($1)",
            connection
        )
        {
            Parameters = { new() { Value = ids.ToArray() } },
        };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            into.Add(reader.GetString(0), ProductState.FromValues(Values(reader.GetString(1)))!);
        }
    }

    public static async Task SaveStatesAsync(
        NpgsqlConnection connection,
        FeatureBatch batch,
        IReadOnlyDictionary<int, long> versions,
        DateTime now,
        CancellationToken cancellationToken
    )
    {
        (string Session, int Partition, SessionState State)[] sessions = [.. batch.Sessions];
        (string Product, int Partition, ProductState State)[] products = [.. batch.Products];
        await using NpgsqlBatch command = new(connection);
        command.BatchCommands.Add(
            new(
                """
                insert into features.session_state (user_session, partition, version, updated_at, state)
                select s, p, v, $4, j::json from unnest($1, $2, $3, $5) as t (s, p, v, j)
                on conflict (user_session) do update
                set partition = excluded.partition, version = excluded.version, updated_at = excluded.updated_at, state = excluded.state
                """
            )
            {
                Parameters =
                {
                    new() { Value = Array.ConvertAll(sessions, session => session.Session) },
                    new() { Value = Array.ConvertAll(sessions, session => session.Partition) },
                    new() { Value = Array.ConvertAll(sessions, session => versions[session.Partition]) },
                    new() { Value = now },
                    new() { Value = Array.ConvertAll(sessions, session => Json(session.State.ToFields())) },
                },
            }
        );
        command.BatchCommands.Add(
            new(
                """
                insert into features.product_state as s (product_id, partition, version, updated_at, event_time, event_id, state)
                select i, p, v, $4, t, e, j::json from unnest($1, $2, $3, $5, $6, $7) as u (i, p, v, t, e, j)
                on conflict (product_id) do update
                set partition = excluded.partition, version = excluded.version, updated_at = excluded.updated_at,
                    event_time = excluded.event_time, event_id = excluded.event_id, state = excluded.state
                where (excluded.event_time, excluded.event_id) > (s.event_time, s.event_id)
                """
            )
            {
                Parameters =
                {
                    new() { Value = Array.ConvertAll(products, product => product.Product) },
                    new() { Value = Array.ConvertAll(products, product => product.Partition) },
                    new() { Value = Array.ConvertAll(products, product => versions[product.Partition]) },
                    new() { Value = now },
                    new() { Value = Array.ConvertAll(products, product => product.State.EventTime) },
                    new() { Value = Array.ConvertAll(products, product => product.State.EventId) },
                    new() { Value = Array.ConvertAll(products, product => Json(product.State.ToFields())) },
                },
            }
        );
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The values that <see cref="Json"/> wrote.</summary>
    public static string[] Values(string json) => JsonSerializer.Deserialize<string[]>(json)!;

    /// <param name="fields">Names and values by turns.</param>
    private static string Json(string[] fields)
    {
        string[] values = new string[fields.Length / 2];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = fields[(2 * i) + 1];
        }

        return JsonSerializer.Serialize(values);
    }

    private static void WriteRow(NpgsqlBinaryImporter importer, BehaviorEvent e, in SessionFeatures features)
    {
        importer.StartRow();
        importer.Write(e.EventTime, NpgsqlDbType.TimestampTz);
        importer.Write(e.ReceivedAt, NpgsqlDbType.TimestampTz);
        importer.Write(e.EventId, NpgsqlDbType.Uuid);
        importer.Write(features.ActivityCount, NpgsqlDbType.Integer);
        importer.Write((short)features.EventWeekday, NpgsqlDbType.Smallint);
        importer.Write(e.EventType.Name(), NpgsqlDbType.Text);
        importer.Write(e.UserId, NpgsqlDbType.Text);
        importer.Write(e.UserSession, NpgsqlDbType.Text);
        importer.Write(e.ProductId, NpgsqlDbType.Text);
        WriteOptional(importer, e.CategoryId);
        WriteOptional(importer, features.CategoryCodeLevel1);
        WriteOptional(importer, features.CategoryCodeLevel2);
        importer.Write(features.Price, NpgsqlDbType.Numeric);
        WriteOptional(importer, features.Brand);
    }

    private static void WriteOptional(NpgsqlBinaryImporter importer, string? value)
    {
        if (value is null)
        {
            importer.WriteNull();
        }
        else
        {
            importer.Write(value, NpgsqlDbType.Text);
        }
    }
}
