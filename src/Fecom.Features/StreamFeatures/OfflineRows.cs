using Fecom.Contracts;
using Fecom.Learning.Views;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Features.StreamFeatures;

/// <summary>A row of the offline store.</summary>
/// <param name="Event">The event.</param>
/// <param name="Features">The session's features after it.</param>
internal readonly record struct FeatureRow(BehaviorEvent Event, SessionFeatures Features);

/// <summary>Writes the offline store's rows by COPY.</summary>
internal static class OfflineRows
{
    public static async Task CopyAsync(NpgsqlConnection connection, IEnumerable<FeatureRow> rows, CancellationToken cancellationToken)
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
            Write(importer, row.Event, row.Features);
        }

        await importer.CompleteAsync(cancellationToken);
    }

    /// <summary>Without await: a row goes to a buffer.</summary>
    private static void Write(NpgsqlBinaryImporter importer, BehaviorEvent e, in SessionFeatures features)
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
