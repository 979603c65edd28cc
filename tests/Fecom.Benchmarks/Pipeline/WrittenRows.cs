using Npgsql;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>A sink that leaves events out is quick.</summary>
internal static class WrittenRows
{
    /// <exception cref="InvalidOperationException">The table has another number of rows.</exception>
    public static async Task CheckAsync(NpgsqlDataSource database, string table, long events)
    {
        await using NpgsqlCommand count = database.CreateCommand($"select count(*) from {table}");
        long rows = (long)(await count.ExecuteScalarAsync())!;
        if (rows != events)
        {
            throw new InvalidOperationException($"{table} has {rows:N0} of {events:N0} events.");
        }
    }
}
