using System.Data;
using System.Globalization;
using Fecom.Platform.ObjectStore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.PublishGold;

/// <summary>
/// Publishes what changed in gold, batch by batch. Which rows a batch has is written down before the target hears of it, and
/// forgotten when the target has it: what was cut off anywhere goes again, and is merged by its keys.
/// </summary>
internal sealed class CloudPublisher(
    NpgsqlDataSource database,
    CloudChanges changes,
    IEnumerable<ICloudTarget> targets,
    IOptions<CloudOptions> options,
    TimeProvider time
)
{
    /// <summary>The job's name, for those who start it.</summary>
    public const string Job = "publish_gold";

    private const long LockKey = 0x6665_636f_6d0b;

    private readonly CloudOptions _options = options.Value;

    /// <param name="report">Hears what is done, for a person, and the share of the batch.</param>
    /// <param name="cancellationToken">Stops; batches that the target has stay there.</param>
    /// <returns>Batches that were published, and their rows.</returns>
    /// <exception cref="CloudTargetException">The target does not do what it is asked. It is noted, and tried again with the next run.</exception>
    public async Task<(int Batches, CloudCounts Counts)> RunAsync(
        Action<string, double> report,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection turn = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction holding = await turn.BeginTransactionAsync(cancellationToken);
        await using (NpgsqlCommand take = new($"select pg_advisory_xact_lock({LockKey})", turn) { CommandTimeout = 0 })
        {
            await take.ExecuteNonQueryAsync(cancellationToken);
        }

        if (targets.SingleOrDefault() is not { } target)
        {
            await changes.StopAsync(cancellationToken);
            return default;
        }

        try
        {
            return await PublishAsync(target, report, cancellationToken);
        }
        catch (Exception e) when (e is CloudTargetException or ObjectStoreException or InvalidDataException)
        {
            await changes.FailAsync(e.Message, cancellationToken);
            throw;
        }
    }

    private async Task<(int Batches, CloudCounts Counts)> PublishAsync(
        ICloudTarget target,
        Action<string, double> report,
        CancellationToken cancellationToken
    )
    {
        await changes.FollowAsync(target.Identity, GoldTables.All, cancellationToken);
        (int batches, CloudCounts counts) = (0, default);
        bool startedOver = false;
        while (true)
        {
            IReadOnlyList<CloudTable> all = await CloudTable.ReadAsync(database, GoldTables.All, cancellationToken);
            if (await changes.NextAsync(all, _options.BatchRows, cancellationToken) is not { } batch)
            {
                break;
            }

            try
            {
                counts += await PublishAsync(target, batch, all, report, cancellationToken);
                batches++;
            }
            catch (CloudStartOverException e) when (!startedOver)
            {
                startedOver = true;
                await changes.StartOverAsync(e.NewSource, cancellationToken);
            }
        }

        foreach (
            (long old, Guid source) in await changes.OldAsync(
                time.GetUtcNow().UtcDateTime.AddDays(-_options.KeepDays),
                cancellationToken
            )
        )
        {
            await target.ForgetAsync(source, old, cancellationToken);
            await changes.ForgetAsync(old, cancellationToken);
        }

        await changes.RestAsync(cancellationToken);
        return (batches, counts);
    }

    private async Task<CloudCounts> PublishAsync(
        ICloudTarget target,
        CloudBatch batch,
        IReadOnlyList<CloudTable> all,
        Action<string, double> report,
        CancellationToken cancellationToken
    )
    {
        CloudTable[] tables = [.. all.Where(table => batch.Tables.Contains(table.Name))];
        await using NpgsqlConnection gold = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction still = await gold.BeginTransactionAsync(
            IsolationLevel.RepeatableRead,
            cancellationToken
        );
        CloudCounts? counts = await target.PublishAsync(
            batch,
            tables,
            gold,
            (table, done) =>
                report(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"gold → cloud: batch {batch.Number}, {table} ({done + 1} of {tables.Length} tables)"
                    ),
                    done / (double)tables.Length
                ),
            cancellationToken
        );
        await changes.CompleteAsync(batch, tables, counts, cancellationToken);
        return counts ?? default;
    }
}
