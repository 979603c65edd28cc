using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Fecom.Contracts;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>Reads the events of bronze as the stream had them.</summary>
internal static class BronzeEvents
{
    /// <summary>Parts that are parsed before somebody takes them.</summary>
    private const int Ahead = 4;

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

    /// <summary>Names the entity of <see cref="CopyEntity"/> for the rest of the transaction: COPY takes no parameters.</summary>
    public static NpgsqlBatch ChooseEntity(NpgsqlConnection connection, string entity) =>
        new(connection)
        {
            BatchCommands =
            {
                new("select set_config('fecom.entity', $1, true)") { Parameters = { new() { Value = entity } } },
            },
        };

    /// <summary>SQL that copies the events of the chosen entity out in the order in which they became known.</summary>
    /// <param name="entity">The column that names the entity; what is no column is the name of the one entity of all events.</param>
    /// <param name="last">Those that became known later are left out; UTC.</param>
    /// <param name="count">How many at most.</param>
    public static string CopyEntity(string entity, DateTime last, int count) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            copy (
                select event_id, event_time, event_type, product_id, category_id, category_code, brand, price, user_id, user_session,
                    source, position, received_at
                from bronze.validated_event
                where known_at <= {Literal(last)} and {(
                Columns.Contains(entity) ? entity : $"'{entity}'"
            )} = current_setting('fecom.entity')
                order by known_at
                limit {count}
            ) to stdout (format binary)
            """
        );

    private static readonly HashSet<string> Columns =
    [
        "user_session",
        "user_id",
        "product_id",
        "category_id",
        "category_code",
        "brand",
    ];

    /// <summary>Runs one of the statements. Rows are parsed on another thread, some parts ahead.</summary>
    /// <returns>The events, a part of them at a time.</returns>
    public static async IAsyncEnumerable<BehaviorEvent[]> ReadAsync(
        NpgsqlConnection connection,
        string copy,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using NpgsqlRawCopyStream rows = await connection.BeginRawBinaryCopyAsync(copy, cancellationToken);
        // Sorting takes as long as it takes.
        rows.ReadTimeout = Timeout.Infinite;
        Channel<BehaviorEvent[]> parts = Channel.CreateBounded<BehaviorEvent[]>(Ahead);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task parsing = Task.Run(() => ParseAsync(rows, parts.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (BehaviorEvent[] part in parts.Reader.ReadAllAsync(cancellationToken))
            {
                yield return part;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await parsing;
        }
    }

    /// <summary>What fails is the reader's to hear.</summary>
    private static async Task ParseAsync(
        NpgsqlRawCopyStream rows,
        ChannelWriter<BehaviorEvent[]> parts,
        CancellationToken cancellationToken
    )
    {
        try
        {
            CopiedEvents parser = new();
            while (await parser.ReadAsync(rows, cancellationToken) is { } part)
            {
                if (part.Length > 0)
                {
                    await parts.WriteAsync(part, cancellationToken);
                }
            }

            parts.Complete();
        }
        catch (Exception e)
        {
            parts.Complete(e);
        }
    }

    /// <summary>COPY takes no parameters.</summary>
    internal static string Literal(DateTime time) =>
        string.Create(CultureInfo.InvariantCulture, $"timestamptz '{time:yyyy-MM-dd HH:mm:ss.ffffff}+00'");
}
