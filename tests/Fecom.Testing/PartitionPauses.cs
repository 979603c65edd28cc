using System.Diagnostics;
using Npgsql;

namespace Fecom.Testing;

/// <summary>Watches how a sink's partitions advance, to tell how long one stood still while a load was running.</summary>
/// <param name="database">Where the sink keeps its offsets.</param>
/// <param name="sink">Its endpoint.</param>
public sealed class PartitionPauses(NpgsqlDataSource database, string sink)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<int, (long Next, long Since)> _last = [];

    /// <summary>The longest time, of all partitions, between two advances.</summary>
    public TimeSpan Max { get; private set; }

    /// <summary>Watches until the task ends. Only pauses that end are counted: a partition may have nothing left to read.</summary>
    public async Task WatchAsync(Task load)
    {
        using PeriodicTimer timer = new(Interval);
        while (!load.IsCompleted)
        {
            await LookAsync();
            await timer.WaitForNextTickAsync();
        }

        await load;
    }

    private async Task LookAsync()
    {
        await using NpgsqlCommand command = database.CreateCommand(
            "select partition, next_offset from platform.sink_partition where sink = $1"
        );
        command.Parameters.Add(new() { Value = sink });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            (int partition, long next) = (reader.GetInt32(0), reader.GetInt64(1));
            long now = Stopwatch.GetTimestamp();
            if (!_last.TryGetValue(partition, out (long Next, long Since) last))
            {
                _last[partition] = (next, now);
            }
            else if (next != last.Next)
            {
                TimeSpan pause = Stopwatch.GetElapsedTime(last.Since, now);
                Max = pause > Max ? pause : Max;
                _last[partition] = (next, now);
            }
        }
    }
}
