using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Npgsql;

namespace Fecom.Warehouse.LoadBronze;

/// <summary>
/// Notes which rows a transaction of the sink brings, for silver and the lake to take. A list of what is new misses nothing, whereas a number
/// that ascends does: a transaction that took a lower one may commit later.
/// </summary>
internal static class EventBatches
{
    /// <summary>Users of whom bronze takes nothing that happened before their deletion.</summary>
    public const string ForgottenTable = "bronze.forgotten_user";

    /// <returns>The number that the transaction's rows carry.</returns>
    public static async Task<long> AddAsync(
        NpgsqlConnection connection,
        SinkCommit<BehaviorEvent> commit,
        CancellationToken cancellationToken
    )
    {
        Dictionary<DateOnly, long> days = [];
        for (int i = 0; i < commit.Messages.Count; i++)
        {
            DateOnly day = DateOnly.FromDateTime(commit.Messages[i].Value.EventTime);
            days[day] = days.GetValueOrDefault(day) + 1;
        }

        await using NpgsqlCommand insert = new(
            """
            with number as materialized (select nextval('bronze.event_batch_number') as batch),
            lake as (
                insert into lake.pending_batch (batch, day, events, reread)
                select batch, day, events, $3 from number, unnest($1, $2) as added (day, events)
            )
            insert into bronze.event_batch (batch, day, events, reread)
            select batch, day, events, $3 from number, unnest($1, $2) as added (day, events)
            returning batch
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = days.Keys.ToArray() },
                new() { Value = days.Values.ToArray() },
                new() { Value = commit.HasReread },
            },
        };
        return (long)(await insert.ExecuteScalarAsync(cancellationToken))!;
    }
}
