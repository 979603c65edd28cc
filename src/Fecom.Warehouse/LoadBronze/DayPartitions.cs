using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Npgsql;

namespace Fecom.Warehouse.LoadBronze;

/// <summary>Creates the day partitions of <c>bronze.event</c> that a batch needs, each before its first row.</summary>
internal sealed class DayPartitions(NpgsqlDataSource database)
{
    /// <summary>Two hosts that need the same day create it one after the other.</summary>
    private const long LockKey = 0x6665_636f_6d02;

    private readonly HashSet<DateOnly> _known = [];

    public async Task EnsureAsync(IReadOnlyList<TopicMessage<BehaviorEvent>> messages, CancellationToken cancellationToken)
    {
        HashSet<DateOnly> missing = [];
        DateOnly last = default;
        foreach (TopicMessage<BehaviorEvent> message in messages)
        {
            DateOnly day = DateOnly.FromDateTime(message.Value.EventTime);
            if (day != last && !_known.Contains(day))
            {
                missing.Add(day);
            }

            last = day;
        }

        if (missing.Count > 0)
        {
            await CreateAsync(missing, cancellationToken);
            _known.UnionWith(missing);
        }
    }

    private async Task CreateAsync(HashSet<DateOnly> days, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"select pg_advisory_xact_lock({LockKey})", cancellationToken);
        foreach (DateOnly day in days.Order())
        {
            await ExecuteAsync(
                connection,
                $"""
                create table if not exists bronze.event_{day:yyyyMMdd} partition of bronze.event
                for values from ('{day:yyyy-MM-dd}T00:00:00Z') to ('{day.AddDays(1):yyyy-MM-dd}T00:00:00Z')
                """,
                cancellationToken
            );
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
