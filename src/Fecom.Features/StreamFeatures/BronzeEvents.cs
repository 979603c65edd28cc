using System.Globalization;
using Fecom.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Features.StreamFeatures;

/// <summary>Reads the events of bronze as the stream had them.</summary>
internal static class BronzeEvents
{
    /// <summary>SQL that copies all events out, those of one entity together.</summary>
    /// <param name="entity">The column that names the entity; what is no column has one entity for all.</param>
    public static string Copy(string entity) =>
        $"""
            copy (
                select event_id, event_time, event_type, product_id, category_id, category_code, brand, price, user_id, user_session,
                    source, position, received_at
                from bronze.validated_event
                {(Columns.Contains(entity) ? $"order by {entity} collate \"C\"" : "")}
            ) to stdout (format binary)
            """;

    /// <summary>SQL that copies out the events of all batches after one.</summary>
    public static string CopyAfter(long batch) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            copy (
                select event_id, event_time, event_type, product_id, category_id, category_code, brand, price, user_id, user_session,
                    source, position, received_at
                from bronze.validated_event where batch > {batch}
            ) to stdout (format binary)
            """
        );

    /// <summary>SQL that copies events out in the order in which they became known.</summary>
    /// <param name="asOf">Those received later are left out; UTC.</param>
    /// <param name="last">Those that became known later are left out; UTC.</param>
    public static string CopyKnown(DateTime asOf, DateTime last) =>
        $"""
            copy (
                select event_id, event_time, event_type, product_id, category_id, category_code, brand, price, user_id, user_session,
                    source, position, received_at
                from bronze.validated_event
                where received_at <= {Literal(asOf)} and known_at <= {Literal(last)}
                order by known_at
            ) to stdout (format binary)
            """;

    private static readonly HashSet<string> Columns =
    [
        "user_session",
        "user_id",
        "product_id",
        "category_id",
        "category_code",
        "brand",
    ];

    /// <summary>The row at which the reader stands.</summary>
    public static async ValueTask<BehaviorEvent> ReadAsync(
        NpgsqlBinaryExporter rows,
        CancellationToken cancellationToken
    )
    {
        Guid id = await rows.ReadAsync<Guid>(cancellationToken);
        DateTime time = await rows.ReadAsync<DateTime>(NpgsqlDbType.TimestampTz, cancellationToken);
        string type = await rows.ReadAsync<string>(cancellationToken);
        return new()
        {
            EventId = id,
            EventTime = time,
            EventType = BehaviorEventTypes.TryParse(type, out BehaviorEventType parsed)
                ? parsed
                : throw new InvalidDataException($"Bronze holds an event of type '{type}'."),
            ProductId = await rows.ReadAsync<string>(cancellationToken),
            CategoryId = await ReadTextAsync(rows, cancellationToken),
            CategoryCode = await ReadTextAsync(rows, cancellationToken),
            Brand = await ReadTextAsync(rows, cancellationToken),
            Price = await rows.ReadAsync<decimal>(cancellationToken),
            UserId = await rows.ReadAsync<string>(cancellationToken),
            UserSession = await rows.ReadAsync<string>(cancellationToken),
            Source = await rows.ReadAsync<string>(cancellationToken),
            Position = await rows.ReadAsync<long>(cancellationToken),
            ReceivedAt = await rows.ReadAsync<DateTime>(NpgsqlDbType.TimestampTz, cancellationToken),
            ValidatedAt = time,
        };
    }

    /// <summary>COPY takes no parameters.</summary>
    private static string Literal(DateTime time) =>
        string.Create(CultureInfo.InvariantCulture, $"timestamptz '{time:yyyy-MM-dd HH:mm:ss.ffffff}+00'");

    private static async ValueTask<string?> ReadTextAsync(
        NpgsqlBinaryExporter rows,
        CancellationToken cancellationToken
    )
    {
        if (rows.IsNull)
        {
            await rows.SkipAsync(cancellationToken);
            return null;
        }

        return await rows.ReadAsync<string>(cancellationToken);
    }
}
