using System.Globalization;
using Npgsql;

namespace Fecom.Warehouse.LoadChanges;

/// <summary>Creates the month partitions of <c>bronze.table_change</c>, each before its first row.</summary>
internal sealed class ChangeMonths(NpgsqlDataSource database)
{
    /// <summary>Endpoints and hosts that need the same month create it one after the other.</summary>
    private const long LockKey = 0x6665_636f_6d09;

    private readonly Lock _gate = new();
    private readonly HashSet<DateOnly> _known = [];

    /// <summary>Ensures that each of the times has its partition.</summary>
    public async Task EnsureAsync(IEnumerable<DateTime> times, CancellationToken cancellationToken)
    {
        HashSet<DateOnly> missing = [.. times.Select(Of)];
        lock (_gate)
        {
            missing.ExceptWith(_known);
        }

        if (missing.Count == 0)
        {
            return;
        }

        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using NpgsqlCommand create = new(
            $"select pg_advisory_xact_lock({LockKey}); {string.Join(';', missing.Select(Partition))}",
            connection
        );
        await create.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        lock (_gate)
        {
            _known.UnionWith(missing);
        }
    }

    /// <summary>The month (UTC) of a time, as its first day.</summary>
    public static DateOnly Of(DateTime time) => new(time.Year, time.Month, 1);

    /// <summary>Some may have been dropped.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _known.Clear();
        }
    }

    private static string Partition(DateOnly month) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            create table if not exists bronze.table_change_{month:yyyyMM} partition of bronze.table_change
            for values from ('{month:yyyy-MM-dd}T00:00:00Z') to ('{month.AddMonths(1):yyyy-MM-dd}T00:00:00Z')
            """
        );
}
