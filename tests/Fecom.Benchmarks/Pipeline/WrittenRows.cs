using Npgsql;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>A sink that leaves events out is quick.</summary>
internal static class WrittenRows
{
    public const string Bronze = "select count(*) from bronze.event";

    /// <summary>A product's state counts its events.</summary>
    public const string Features =
        "select sum(view_count + cart_count + remove_from_cart_count + purchase_count)::bigint from features.product_state";

    /// <exception cref="InvalidOperationException">The sink has taken another number of events.</exception>
    public static async Task CheckAsync(NpgsqlDataSource database, string counted, long events)
    {
        await using NpgsqlCommand count = database.CreateCommand(counted);
        long rows = (long)(await count.ExecuteScalarAsync())!;
        if (rows != events)
        {
            throw new InvalidOperationException($"Of {events:N0} events {rows:N0} are there: {counted}.");
        }
    }
}
