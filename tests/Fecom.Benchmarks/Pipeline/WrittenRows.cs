using Fecom.Learning.Views;
using Npgsql;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>A sink that leaves events out is quick.</summary>
internal static class WrittenRows
{
    /// <summary>Events in bronze.</summary>
    public static Task<long> BronzeAsync(NpgsqlDataSource database) => CountAsync(database, "bronze.event");

    /// <summary>Events in gold.</summary>
    public static Task<long> GoldAsync(NpgsqlDataSource database) => CountAsync(database, "gold.fact_event");

    /// <summary>Events in the state of the shop, which counts all.</summary>
    public static async Task<long> FeaturesAsync(NpgsqlDataSource database)
    {
        await using NpgsqlCommand shop = database.CreateCommand("select state from features.state_shop");
        return await shop.ExecuteScalarAsync() is byte[] packed ? FeatureViews.Shop.Unpack(packed).Counts.All : 0;
    }

    /// <exception cref="InvalidOperationException">The sink has taken another number of events.</exception>
    public static async Task CheckAsync(
        NpgsqlDataSource database,
        Func<NpgsqlDataSource, Task<long>> count,
        long events
    )
    {
        long there = await count(database);
        if (there != events)
        {
            throw new InvalidOperationException($"Of {events:N0} events {there:N0} are there.");
        }
    }

    private static async Task<long> CountAsync(NpgsqlDataSource database, string table)
    {
        await using NpgsqlCommand count = database.CreateCommand($"select count(*) from {table}");
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
