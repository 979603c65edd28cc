using Fecom.Contracts;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Warehouse.Lake;

/// <summary>Takes a user's events out of the lake: a file that has some is replaced by one without them, in one step.</summary>
internal sealed class LakeUsers(NpgsqlDataSource database, ILakeStore store, LakeCompactor compactor)
{
    /// <param name="userId">The user.</param>
    /// <param name="until">What happened up to then goes, UTC.</param>
    /// <param name="report">Hears the files looked at so far, all there are, and the events that went with the last one.</param>
    /// <param name="cancellationToken">Gives up; files that are replaced stay so.</param>
    public async Task DeleteAsync(
        string userId,
        DateTime until,
        Func<int, int, long, Task> report,
        CancellationToken cancellationToken
    )
    {
        await using LakeTurn turn = await LakeTurn.TakeAsync(database, cancellationToken);
        await compactor.FinishAsync(cancellationToken);
        List<string> names = [];
        await foreach (string name in store.ListAsync(LakeNames.Events, cancellationToken))
        {
            if (LakeNames.Hour(name) is not null)
            {
                names.Add(name);
            }
        }

        names.Sort(StringComparer.Ordinal);
        Dictionary<string, PlannedFile> known = (
            await database.QueryAsync<PlannedFile>(
                """select hour as "Hour", partition as "Partition", first_offset as "FirstOffset" from lake.file""",
                null,
                cancellationToken
            )
        ).ToDictionary(file => file.Name, StringComparer.Ordinal);
        for (int i = 0; i < names.Count; i++)
        {
            long deleted = await DeleteAsync(
                names[i],
                known.GetValueOrDefault(names[i]),
                e => e.UserId == userId && e.EventTime <= until,
                cancellationToken
            );
            await report(i + 1, names.Count, deleted);
        }
    }

    /// <returns>Events that went.</returns>
    private async Task<long> DeleteAsync(
        string name,
        PlannedFile? known,
        Predicate<BehaviorEvent> goes,
        CancellationToken cancellationToken
    )
    {
        using LocalFolder local = new();
        string file = local.File();
        // One that was removed since the lake was listed has nothing.
        if (!await store.TryGetAsync(name, file, cancellationToken) || !await AnyAsync(file, goes, cancellationToken))
        {
            return 0;
        }

        string rest = local.File();
        long all = await EventFileReader.CountAsync(file, cancellationToken);
        long left;
        await using (EventFileWriter writer = await EventFileWriter.CreateAsync(rest, cancellationToken))
        {
            await foreach (BehaviorEvent row in EventFileReader.ReadAsync(file, cancellationToken))
            {
                if (!goes(row))
                {
                    await writer.AddAsync(row);
                }
            }

            await writer.CompleteAsync();
            left = writer.Count;
        }

        await ReplaceAsync(name, known, rest, left, cancellationToken);
        return all - left;
    }

    private static async Task<bool> AnyAsync(
        string file,
        Predicate<BehaviorEvent> goes,
        CancellationToken cancellationToken
    )
    {
        await foreach (BehaviorEvent row in EventFileReader.ReadAsync(file, cancellationToken))
        {
            if (goes(row))
            {
                return true;
            }
        }

        return false;
    }

    private async Task ReplaceAsync(
        string name,
        PlannedFile? known,
        string rest,
        long left,
        CancellationToken cancellationToken
    )
    {
        if (left > 0)
        {
            await store.PutAsync(name, rest, cancellationToken);
        }
        else
        {
            await store.DeleteAsync(name, cancellationToken);
        }

        if (known is null)
        {
            return;
        }

        // None is merging any more, and one that is planned is counted when it is written.
        await database.ExecuteAsync(
            """
            update lake.file set events = @left, bytes = @bytes
            where hour = @Hour and partition = @Partition and first_offset = @FirstOffset and state = 'written';
            delete from lake.file
            where hour = @Hour and partition = @Partition and first_offset = @FirstOffset and events = 0 and state = 'written'
            """,
            new
            {
                left,
                bytes = new FileInfo(rest).Length,
                known.Hour,
                known.Partition,
                known.FirstOffset,
            },
            cancellationToken
        );
    }
}
