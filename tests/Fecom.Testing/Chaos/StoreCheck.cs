using Fecom.Contracts;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.Testing.Chaos;

/// <summary>Compares the stores with what must be in them, once the host says that they have everything.</summary>
internal sealed class StoreCheck(NpgsqlDataSource database, IDatabase redis)
{
    private static readonly TimeSpan OnlineTimeout = TimeSpan.FromSeconds(30);

    /// <returns>The first difference; empty when there is none.</returns>
    public async Task<string> DifferenceAsync(ChaosInput input, string source)
    {
        BehaviorEvent[] events = [.. input.Events(source)];
        Oracle oracle = new();
        Array.ForEach(events, oracle.Add);
        return await FirstAsync(
            () => oracle.DifferenceToBronzeAsync(database),
            () => InvalidAsync(input, source),
            DeadLettersAsync,
            // Bronze numbers no rows, but the transactions that write a partition follow each other: their ids ascend.
            () => OrderAsync("bronze", events, "select event_id, xmin::text::bigint from bronze.event"),
            () => OnlineAsync(oracle)
        );
    }

    private static async Task<string> FirstAsync(params Func<Task<string>>[] checks)
    {
        foreach (Func<Task<string>> check in checks)
        {
            if (await check() is { Length: > 0 } difference)
            {
                return difference;
            }
        }

        return "";
    }

    /// <summary>Redis follows PostgreSQL: after a fault near the end it may still be on its way, but not for long.</summary>
    private async Task<string> OnlineAsync(Oracle oracle)
    {
        string difference = "";
        try
        {
            await Poll.UntilAsync(
                async () => (difference = await oracle.DifferenceToOnlineStoreAsync(redis)).Length == 0,
                OnlineTimeout,
                "the online store"
            );
            return "";
        }
        catch (TimeoutException)
        {
            return $"{difference} (for {OnlineTimeout.TotalSeconds:0} s)";
        }
    }

    private async Task<string> InvalidAsync(ChaosInput input, string source)
    {
        HashSet<long> there = [];
        await using NpgsqlCommand command = database.CreateCommand(
            "select source, position from validation.invalid_event"
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            if (reader.GetString(0) != source || !there.Add(reader.GetInt64(1)))
            {
                return $"the invalid event {reader.GetString(0)}@{reader.GetInt64(1)} is kept twice, or none";
            }
        }

        return there.SetEquals(input.InvalidLines)
            ? ""
            : $"{there.Count} invalid events are kept, expected {input.InvalidLines.Count}; one of the differences is line {there.Order().Except(input.InvalidLines).Concat(input.InvalidLines.Order().Except(there)).First()}";
    }

    private async Task<string> DeadLettersAsync()
    {
        await using NpgsqlCommand command = database.CreateCommand(
            "select count(*), max(reason) from platform.dead_letter"
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return reader.GetInt64(0) == 0
            ? ""
            : $"there are {reader.GetInt64(0)} dead letters, such as: {reader.GetString(1)}";
    }

    /// <summary>A user's events of a source were taken in the order in which they were sent.</summary>
    private async Task<string> OrderAsync(string store, BehaviorEvent[] events, string taken)
    {
        Dictionary<Guid, long> places = new(events.Length);
        await using NpgsqlCommand command = database.CreateCommand(taken);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            places.Add(reader.GetGuid(0), reader.GetInt64(1));
        }

        Dictionary<(string User, string Source), long> last = [];
        foreach (BehaviorEvent e in events)
        {
            long place = places[e.EventId];
            if (last.TryGetValue((e.UserId, e.Source), out long before) && place < before)
            {
                return $"{store} took {e.Source}@{e.Position} of user {e.UserId} before an event that was sent earlier";
            }

            last[(e.UserId, e.Source)] = place;
        }

        return "";
    }
}
