using System.Globalization;
using Npgsql;

namespace Fecom.Serving;

/// <summary>The partitions of a table of the schema <c>serving</c>, one a day (UTC): made before their first row, dropped when they are old.</summary>
/// <param name="table">The table's name without its schema; text of ours.</param>
internal sealed class DailyPartitions(string table)
{
    private readonly HashSet<DateOnly> _known = [];

    /// <summary>Makes the days' partitions that this host does not know of; waits for 10 s at most for who uses the table.</summary>
    public async Task EnsureAsync(
        NpgsqlConnection connection,
        IEnumerable<DateTime> times,
        CancellationToken cancellationToken
    )
    {
        foreach (DateOnly day in times.Select(DateOnly.FromDateTime).Distinct().Where(day => !_known.Contains(day)))
        {
            // Hosts that make the same partition do it one after the other.
            await ExecuteAsync(
                connection,
                $"""
                select pg_advisory_xact_lock({ServingLocks.MakePartitions});
                create table if not exists serving.{Name(day)} partition of serving.{table}
                for values from ('{day:yyyy-MM-dd}T00:00:00Z') to ('{day.AddDays(1):yyyy-MM-dd}T00:00:00Z')
                """,
                cancellationToken
            );
            _known.Add(day);
        }
    }

    /// <summary>Somebody has dropped a partition: the next call of <see cref="EnsureAsync"/> makes it again.</summary>
    public void Forget() => _known.Clear();

    /// <summary>Drops the days that ended before a time; whoever writes waits for 10 s at most.</summary>
    /// <returns>How many.</returns>
    public async Task<int> DropAsync(NpgsqlConnection connection, DateTime before, CancellationToken cancellationToken)
    {
        List<string> old = [];
        await using (
            NpgsqlCommand select = new(
                $"""
                select relname::text from pg_class c join pg_inherits i on i.inhrelid = c.oid
                where i.inhparent = 'serving.{table}'::regclass and relname < $1
                order by relname
                """,
                connection
            )
            {
                Parameters = { new() { Value = Name(DateOnly.FromDateTime(before)) } },
            }
        )
        {
            await using NpgsqlDataReader reader = await select.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                old.Add(reader.GetString(0));
            }
        }

        foreach (string partition in old)
        {
            await ExecuteAsync(connection, $"drop table if exists serving.{partition}", cancellationToken);
        }

        return old.Count;
    }

    private string Name(DateOnly day) => string.Create(CultureInfo.InvariantCulture, $"{table}_{day:yyyyMMdd}");

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using NpgsqlCommand command = new($"set local lock_timeout = '10s'; {sql}", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
