using System.Text;
using Fecom.Learning.Views;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// SQL of <c>features.tick</c>: which entities each of a partition's newest versions changed. By it an online store that is
/// behind by little is brought up without a look through the states.
/// </summary>
internal static class TickTable
{
    /// <summary>Versions of a partition that are remembered at least: some minutes of a busy stream.</summary>
    public const int Kept = 500;

    /// <summary>Older ones are forgotten so many at a time: one by one it cost as much as noting the new one.</summary>
    public const int Forgotten = 16;

    /// <summary>Notes what a tick changed, and forgets what its partitions changed long ago.</summary>
    /// <param name="works">Of each view, in the order of <see cref="FeatureViews.All"/>.</param>
    /// <param name="versions">The partitions' versions with the tick.</param>
    public static IEnumerable<NpgsqlBatchCommand> Write(EntityWork[][] works, IReadOnlyDictionary<int, long> versions)
    {
        Dictionary<int, StringBuilder> changed = versions.Keys.ToDictionary(
            partition => partition,
            _ => new StringBuilder()
        );
        for (int view = 0; view < works.Length; view++)
        {
            foreach (EntityWork work in works[view])
            {
                changed[work.Partition].Append((char)('a' + view)).Append(work.Entity).Append('\n');
            }
        }

        int[] partitions = [.. versions.Keys.Order()];
        long[] numbers = Array.ConvertAll(partitions, partition => versions[partition]);
        // Of a version that is there already another host has written the tick: then the ledger refuses this one.
        yield return new(
            "insert into features.tick (partition, version, changed) select * from unnest($1, $2, $3) on conflict do nothing"
        )
        {
            Parameters =
            {
                new() { Value = partitions },
                new() { Value = numbers },
                new() { Value = Array.ConvertAll(partitions, partition => changed[partition].ToString()) },
            },
        };
        // A statement a partition: joined with several, the whole table is read for the few rows of each.
        foreach (int partition in partitions.Where(partition => versions[partition] % Forgotten == 0))
        {
            yield return new("delete from features.tick where partition = $1 and version <= $2")
            {
                Parameters =
                {
                    new() { Value = partition },
                    new() { Value = versions[partition] - Kept },
                },
            };
        }
    }

    /// <summary>The entities of each view that partitions changed after a version.</summary>
    public static async Task<HashSet<string>[]> ChangedAsync(
        NpgsqlDataSource database,
        IReadOnlyDictionary<int, long> since,
        CancellationToken cancellationToken
    )
    {
        HashSet<string>[] changed = [.. FeatureViews.All.Select(_ => new HashSet<string>(StringComparer.Ordinal))];
        await using NpgsqlCommand command = database.CreateCommand(
            "select changed from features.tick t join unnest($1, $2) as n (partition, version) on t.partition = n.partition and t.version > n.version"
        );
        command.Parameters.Add(new() { Value = since.Keys.ToArray() });
        command.Parameters.Add(new() { Value = since.Values.ToArray() });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            foreach (string entry in reader.GetString(0).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                changed[entry[0] - 'a'].Add(entry[1..]);
            }
        }

        return changed;
    }
}
