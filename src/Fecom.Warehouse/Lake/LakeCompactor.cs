using Fecom.Contracts;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.Lake;

/// <summary>
/// Merges an hour's small files into the first of them. The merged file replaces it in one step and the others are removed
/// then; in between, for as long as that takes, a reader finds their rows twice, never missing.
/// </summary>
internal sealed class LakeCompactor(
    NpgsqlDataSource database,
    ILakeStore store,
    IOptions<LakeOptions> options,
    TimeProvider time
)
{
    /// <summary>So many small files of an hour are merged at once, however lively the hour is.</summary>
    private const int ManyFiles = 24;

    /// <returns>Files that were merged into others.</returns>
    public async Task<long> RunAsync(Action<long, long> report, CancellationToken cancellationToken)
    {
        await RemoveReplacedAsync(cancellationToken);
        await PlanAsync(cancellationToken);
        return await MergeAsync(report, cancellationToken);
    }

    /// <summary>
    /// Ends the merges that are under way, those that an earlier run was cut off in. Whoever holds the lake's turn and changes files
    /// does so first: how far such a merge came is told by the events that the files had when it began.
    /// </summary>
    /// <returns>Files that were merged into others.</returns>
    public Task<long> FinishAsync(CancellationToken cancellationToken) => MergeAsync((_, _) => { }, cancellationToken);

    private async Task<long> MergeAsync(Action<long, long> report, CancellationToken cancellationToken)
    {
        IReadOnlyList<PlannedFile> targets = await database.QueryAsync<PlannedFile>(
            """
            select distinct hour as "Hour", partition as "Partition", merged_into as "FirstOffset"
            from lake.file where state = 'merging' order by 1, 2, 3
            """,
            null,
            cancellationToken
        );
        long merged = 0;
        for (int i = 0; i < targets.Count; i++)
        {
            merged += await MergeAsync(targets[i], cancellationToken);
            report(i + 1, targets.Count);
        }

        return merged;
    }

    private Task PlanAsync(CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            with hours as (
                select hour, partition, min(first_offset) as first_offset from lake.file
                where state = 'written' and events < @small
                group by hour, partition
                having count(*) >= 2 and (count(*) >= @many or max(written_at) <= @quiet)
            )
            update lake.file f set state = 'merging', merged_into = h.first_offset
            from hours h
            where f.hour = h.hour and f.partition = h.partition and f.first_offset > h.first_offset and f.state = 'written'
                and f.events < @small
            """,
            new
            {
                small = (long)options.Value.RollEvents,
                many = ManyFiles,
                quiet = time.GetUtcNow().UtcDateTime.AddMinutes(-options.Value.CompactMinutes),
            },
            cancellationToken
        );

    private async Task<long> MergeAsync(PlannedFile target, CancellationToken cancellationToken)
    {
        IReadOnlyList<(long FirstOffset, long Events)> parts = await database.QueryAsync<(long, long)>(
            """
            select first_offset, events from lake.file
            where hour = @Hour and partition = @Partition
                and (first_offset = @FirstOffset or (state = 'merging' and merged_into = @FirstOffset))
            order by first_offset
            """,
            target,
            cancellationToken
        );
        using LocalFolder local = new();
        string whole = local.File();
        // A run that was cut off may have come as far as to replace it.
        bool replaced =
            await store.TryGetAsync(target.Name, whole, cancellationToken)
            && await EventFileReader.CountAsync(whole, cancellationToken) == parts.Sum(part => part.Events);
        if (!replaced)
        {
            whole = local.File();
            await JoinAsync(target, parts, local, whole, cancellationToken);
            await store.PutAsync(target.Name, whole, cancellationToken);
        }

        await database.ExecuteAsync(
            """
            update lake.file set events = @events, bytes = @bytes, written_at = @now
            where hour = @Hour and partition = @Partition and first_offset = @FirstOffset;
            update lake.file set state = 'replaced'
            where hour = @Hour and partition = @Partition and state = 'merging' and merged_into = @FirstOffset
            """,
            new
            {
                events = await EventFileReader.CountAsync(whole, cancellationToken),
                bytes = new FileInfo(whole).Length,
                now = time.GetUtcNow().UtcDateTime,
                target.Hour,
                target.Partition,
                target.FirstOffset,
            },
            cancellationToken
        );
        await RemoveReplacedAsync(cancellationToken);
        return parts.Count - 1;
    }

    /// <summary>A file that somebody has removed from the lake brings nothing.</summary>
    private async Task JoinAsync(
        PlannedFile target,
        IReadOnlyList<(long FirstOffset, long Events)> parts,
        LocalFolder local,
        string whole,
        CancellationToken cancellationToken
    )
    {
        await using EventFileWriter writer = await EventFileWriter.CreateAsync(whole, cancellationToken);
        foreach ((long firstOffset, _) in parts)
        {
            string part = local.File();
            if (!await store.TryGetAsync((target with { FirstOffset = firstOffset }).Name, part, cancellationToken))
            {
                continue;
            }

            await foreach (BehaviorEvent row in EventFileReader.ReadAsync(part, cancellationToken))
            {
                await writer.AddAsync(row);
            }

            File.Delete(part);
        }

        await writer.CompleteAsync();
    }

    private async Task RemoveReplacedAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<PlannedFile> files = await database.QueryAsync<PlannedFile>(
            """
            select hour as "Hour", partition as "Partition", first_offset as "FirstOffset" from lake.file
            where state = 'replaced' and slice not in (select slice from lake.pending_batch where slice is not null)
            """,
            null,
            cancellationToken
        );
        foreach (PlannedFile file in files)
        {
            await store.DeleteAsync(file.Name, cancellationToken);
            await database.ExecuteAsync(
                "delete from lake.file where hour = @Hour and partition = @Partition and first_offset = @FirstOffset and state = 'replaced'",
                file,
                cancellationToken
            );
        }
    }
}
