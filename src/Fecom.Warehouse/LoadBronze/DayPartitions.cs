using System.Globalization;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.LoadBronze;

/// <summary>
/// Creates the day partitions of <c>bronze.event</c> that a batch needs, each before its first row. Its cache of them may be
/// out of date, since a person may drop any: writers call <see cref="HoldAsync"/> within the transaction.
/// </summary>
internal sealed partial class DayPartitions(
    NpgsqlDataSource database,
    IOptions<WarehouseOptions> options,
    TimeProvider time,
    ILogger<DayPartitions> logger
)
{
    /// <summary>Two hosts that need the same day create it one after the other.</summary>
    private const long LockKey = 0x6665_636f_6d02;

    /// <summary>Partitions created in one transaction: each takes several of the locks that PostgreSQL has for all.</summary>
    private const int MaxBatch = 100;

    /// <summary>Days back from today that have a partition whatever the number of partitions is.</summary>
    private const int RecentDays = 31;

    private const string Prefix = "event_";
    private const string NameFormat = $"'{Prefix}'yyyyMMdd";

    private readonly HashSet<DateOnly> _known = [];
    private readonly HashSet<DateOnly> _others = [];

    /// <summary>Ensures that each of the days has its partition, or is stored among the other days.</summary>
    public async Task EnsureAsync(IEnumerable<DateOnly> wantedDays, CancellationToken cancellationToken)
    {
        HashSet<DateOnly> missing = [.. wantedDays.Where(day => !_known.Contains(day) && !_others.Contains(day))];
        if (missing.Count == 0)
        {
            return;
        }

        Dictionary<DateOnly, bool> tables = await TablesAsync(cancellationToken);
        _known.UnionWith(tables.Where(table => table.Value).Select(table => table.Key));
        DateOnly recent = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(-RecentDays);
        int room = Math.Max(0, options.Value.MaxDayPartitions - tables.Count(table => table.Value));
        // A table with the partition's name that is not a partition is left alone; its day is stored among the others.
        DateOnly[] wanted = [.. missing.Where(day => !tables.ContainsKey(day)).OrderDescending()];
        DateOnly[] created = [.. wanted.Where((day, i) => day >= recent || i < room)];
        foreach (DateOnly[] group in created.Chunk(MaxBatch))
        {
            _known.UnionWith(await CreateAsync(group, cancellationToken));
        }

        missing.ExceptWith(_known);
        _others.UnionWith(missing);
        if (missing.Count > 0)
        {
            LogOthers(missing.Count, _known.Count);
        }
    }

    /// <summary>Keeps the days' partitions from being dropped or detached until the connection's transaction ends.</summary>
    /// <exception cref="PartitionDroppedException">Some were dropped, and are removed from the cache: call <see cref="EnsureAsync"/> again.</exception>
    public async Task HoldAsync(
        NpgsqlConnection connection,
        IEnumerable<DateOnly> wantedDays,
        CancellationToken cancellationToken
    )
    {
        HashSet<DateOnly> days = [.. wantedDays.Where(_known.Contains)];
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands =
            {
                // COPY takes the same lock; dropping a partition waits for it, or this waits for the drop.
                new("lock table only bronze.event in row exclusive mode"),
                new(
                    """
                    select relname::text from pg_class c
                    where relnamespace = 'bronze'::regnamespace and relname = any($1)
                        and exists (select from pg_inherits where inhrelid = c.oid and inhparent = 'bronze.event'::regclass)
                    """
                )
                {
                    Parameters = { new() { Value = days.Select(Name).ToArray() } },
                },
            },
        };
        await using (NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                days.Remove(Day(reader.GetString(0)));
            }
        }

        if (days.Count > 0)
        {
            _known.ExceptWith(days);
            throw new PartitionDroppedException();
        }
    }

    /// <summary>Days (UTC) of the messages, each at least once.</summary>
    public static IEnumerable<DateOnly> Days(IReadOnlyList<TopicMessage<BehaviorEvent>> messages)
    {
        DateOnly last = default;
        for (int i = 0; i < messages.Count; i++)
        {
            DateOnly day = DateOnly.FromDateTime(messages[i].Value.EventTime);
            if (day != last)
            {
                last = day;
                yield return day;
            }
        }
    }

    /// <summary>Days that have a table of their partition's name, and whether it is a partition.</summary>
    private async Task<Dictionary<DateOnly, bool>> TablesAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<(string Name, bool IsPartition)> tables = await database.QueryAsync<(
            string Name,
            bool IsPartition
        )>(
            """
            select relname::text, exists (select from pg_inherits where inhrelid = c.oid and inhparent = 'bronze.event'::regclass)
            from pg_class c where relnamespace = 'bronze'::regnamespace and relname ~ '^event_[0-9]{8}$'
            """,
            null,
            cancellationToken
        );
        return tables.ToDictionary(table => Day(table.Name), table => table.IsPartition);
    }

    /// <returns>The days that have a partition now: one that has rows among the other days gets none.</returns>
    private async Task<IReadOnlyList<DateOnly>> CreateAsync(DateOnly[] days, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(
            connection,
            $"set local lock_timeout = '30s'; select pg_advisory_xact_lock({LockKey})",
            cancellationToken
        );
        HashSet<DateOnly> elsewhere = await ElsewhereAsync(connection, days, cancellationToken);
        DateOnly[] created = [.. days.Where(day => !elsewhere.Contains(day))];
        foreach (DateOnly day in created)
        {
            await ExecuteAsync(
                connection,
                $"""
                create table if not exists bronze.{Name(day)} partition of bronze.event
                for values from ('{day:yyyy-MM-dd}T00:00:00Z') to ('{day.AddDays(1):yyyy-MM-dd}T00:00:00Z')
                """,
                cancellationToken
            );
        }

        await transaction.CommitAsync(cancellationToken);
        return created;
    }

    private static async Task<HashSet<DateOnly>> ElsewhereAsync(
        NpgsqlConnection connection,
        DateOnly[] days,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand command = new(
            """
            select day from unnest($1) as day
            where exists (
                select from bronze.event_other_days
                where event_time >= day::timestamp at time zone 'UTC' and event_time < (day + 1)::timestamp at time zone 'UTC')
            """,
            connection
        )
        {
            Parameters = { new() { Value = days } },
            CommandTimeout = 0,
        };
        HashSet<DateOnly> found = [];
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(reader.GetFieldValue<DateOnly>(0));
        }

        return found;
    }

    private static string Name(DateOnly day) => day.ToString(NameFormat, CultureInfo.InvariantCulture);

    private static DateOnly Day(string name) => DateOnly.ParseExact(name, NameFormat, CultureInfo.InvariantCulture);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // A new partition has PostgreSQL look through all other days' events: cut off, it would begin again each time and never end.
        await using NpgsqlCommand command = new(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Events of {Days} more days go to bronze.event_other_days: bronze has {Partitions} partitions of a day, see Warehouse:MaxDayPartitions"
    )]
    private partial void LogOthers(int days, int partitions);
}

/// <summary>A partition that was cached as existing has been dropped.</summary>
internal sealed class PartitionDroppedException()
    : Exception("A day's partition of bronze has been dropped; it is made again.");
