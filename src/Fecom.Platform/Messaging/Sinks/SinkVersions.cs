using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>How often a sink has committed in each of its partitions, for who follows it.</summary>
public static class SinkVersions
{
    /// <summary>The versions as the connection's transaction sees them, by partition.</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="sink">The sink's endpoint.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyDictionary<int, long>> ReadAsync(
        NpgsqlConnection connection,
        string sink,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand command = new(
            "select partition, version from platform.sink_partition where sink = $1",
            connection
        )
        {
            Parameters = { new() { Value = sink } },
        };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<int, long> versions = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            versions.Add(reader.GetInt32(0), reader.GetInt64(1));
        }

        return versions;
    }
}
