using System.Text.Json;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Warehouse.Lake;

/// <summary>
/// The partition of the lake that this database writes, and no other one: two installations that name the same lake, or a new
/// database beside an old lake, never write the same name.
/// </summary>
internal sealed class LakeWriterClaim(NpgsqlDataSource database, ILakeStore store)
{
    /// <returns>The partition.</returns>
    public async Task<int> TakeAsync(CancellationToken cancellationToken)
    {
        (Guid installation, int? partition) = await database.ReadAsync<(Guid, int?)>(
            "select installation, partition from lake.writer",
            null,
            cancellationToken
        );
        if (partition is { } held && await OwnerAsync(held, cancellationToken) == installation)
        {
            return held;
        }

        int next = 0;
        while (true)
        {
            Guid? owner = await OwnerAsync(next, cancellationToken);
            if (owner is null)
            {
                await store.TryCreateAsync(
                    LakeNames.Writer(next),
                    JsonSerializer.Serialize(new { installation }),
                    cancellationToken
                );
                owner = await OwnerAsync(next, cancellationToken);
            }

            if (owner == installation)
            {
                break;
            }

            next++;
        }

        // Another lake, or this one was emptied: what was written elsewhere is not here.
        await database.ExecuteAsync(
            "delete from lake.file; update lake.writer set partition = @next",
            new { next },
            cancellationToken
        );
        return next;
    }

    private async Task<Guid?> OwnerAsync(int partition, CancellationToken cancellationToken)
    {
        using LocalFolder local = new();
        string file = local.File();
        if (!await store.TryGetAsync(LakeNames.Writer(partition), file, cancellationToken))
        {
            return null;
        }

        using JsonDocument text = JsonDocument.Parse(await File.ReadAllTextAsync(file, cancellationToken));
        return text.RootElement.GetProperty("installation").GetGuid();
    }
}
