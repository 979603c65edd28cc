using System.Security.Cryptography;
using Fecom.Platform;
using Fecom.Warehouse.Lake;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.PublishGold;

/// <summary>
/// Files in the store of the lake, for a cloud warehouse to load. The manifest, which names them, is written last and once: files of
/// a batch that was cut off are written again, over what is there.
/// </summary>
internal sealed class StageTarget(
    ILakeStore store,
    IOptions<CloudOptions> options,
    IOptions<LakeOptions> lake,
    IOptions<FecomPaths> paths,
    TimeProvider time
) : ICloudTarget
{
    public const string Replace = "replace";

    private const string Merge = "merge";

    public string Identity => $"stage {Root}";

    /// <summary>Address of the store.</summary>
    private string Root =>
        lake.Value.Store == "s3"
            ? $"s3://{lake.Value.S3.Bucket}/{lake.Value.S3.Prefix}"
            : $"file://{Path.GetFullPath(paths.Value.LakeFolder)}/";

    public async Task<CloudCounts?> PublishAsync(
        CloudBatch batch,
        IReadOnlyList<CloudTable> tables,
        NpgsqlConnection gold,
        Action<string, int> report,
        CancellationToken cancellationToken
    )
    {
        using LocalFolder local = new();
        string name = StageNames.Manifest(batch.Source, batch.Number);
        if (await ReadAsync(name, local, cancellationToken) is { } there)
        {
            return there.BatchId == batch.Id ? null : throw new CloudStartOverException(newSource: true);
        }

        CloudCounts counts = default;
        List<StagedTable> staged = [];
        for (int i = 0; i < tables.Count; i++)
        {
            report(tables[i].Name, i);
            (StagedTable table, CloudCounts written) = await StageAsync(
                batch,
                tables[i],
                gold,
                local,
                cancellationToken
            );
            staged.Add(table);
            counts += written;
        }

        StageManifest manifest = new()
        {
            Source = batch.Source,
            Batch = batch.Number,
            BatchId = batch.Id,
            After = batch.BeforeNumber,
            CreatedAt = time.GetUtcNow().UtcDateTime,
            Tables = staged,
            Statements = LoadStatements.Warehouses.ToDictionary(
                sql => sql.ToString().ToLowerInvariant(),
                sql => StageNames.Statements(batch.Source, batch.Number, sql),
                StringComparer.Ordinal
            ),
        };
        LoadStatements statements = new(options.Value, Root);
        foreach (CloudSql sql in LoadStatements.Warehouses)
        {
            string file = local.File();
            await File.WriteAllTextAsync(file, statements.Of(manifest, tables, sql), cancellationToken);
            await store.PutAsync(StageNames.Statements(batch.Source, batch.Number, sql), file, cancellationToken);
        }

        return await store.TryCreateAsync(name, manifest.ToJson(), cancellationToken)
            ? counts
            : throw new CloudStartOverException(newSource: true);
    }

    public async Task ForgetAsync(Guid source, long batch, CancellationToken cancellationToken)
    {
        // The manifest first: nobody is to begin with files that go.
        await store.DeleteAsync(StageNames.Manifest(source, batch), cancellationToken);
        List<string> names = [];
        await foreach (string name in store.ListAsync(StageNames.Folder(source, batch), cancellationToken))
        {
            names.Add(name);
        }

        foreach (string name in names)
        {
            await store.DeleteAsync(name, cancellationToken);
        }
    }

    private async Task<StageManifest?> ReadAsync(string name, LocalFolder local, CancellationToken cancellationToken)
    {
        string file = local.File();
        return await store.TryGetAsync(name, file, cancellationToken)
            ? StageManifest.Parse(await File.ReadAllTextAsync(file, cancellationToken))
            : null;
    }

    private async Task<(StagedTable Table, CloudCounts Counts)> StageAsync(
        CloudBatch batch,
        CloudTable table,
        NpgsqlConnection gold,
        LocalFolder local,
        CancellationToken cancellationToken
    )
    {
        List<StagedFile> files = [];
        CloudCounts counts = default;
        await using NpgsqlCommand read = new(table.RowsOf(batch), gold) { CommandTimeout = 0 };
        await using (NpgsqlDataReader rows = await read.ExecuteReaderAsync(cancellationToken))
        {
            bool any = await rows.ReadAsync(cancellationToken);
            while (any)
            {
                string path = local.File();
                long written;
                await using (StageFileWriter writer = await StageFileWriter.CreateAsync(table, path, cancellationToken))
                {
                    while (any && writer.Rows < options.Value.Stage.FileRows)
                    {
                        await writer.AddAsync(rows);
                        any = await rows.ReadAsync(cancellationToken);
                    }

                    await writer.CompleteAsync();
                    written = writer.Rows;
                    counts += new CloudCounts(writer.Rows - writer.Deletions, writer.Deletions);
                }

                string name = StageNames.File(batch.Source, batch.Number, table.Name, files.Count);
                files.Add(
                    new StagedFile(name, written, new FileInfo(path).Length, await HashAsync(path, cancellationToken))
                );
                await store.PutAsync(name, path, cancellationToken);
                File.Delete(path);
            }
        }

        return (
            new StagedTable
            {
                Name = table.Name,
                Comment = table.Comment,
                Mode = batch.IsWhole(table) ? Replace : Merge,
                Key = table.Gold.Key,
                Columns =
                [
                    .. table.Columns.Select(column => new StagedColumn(
                        column.Name,
                        column.Type,
                        column.IsNullable,
                        column.Comment
                    )),
                ],
                Files = files,
            },
            counts
        );
    }

    private static async Task<string> HashAsync(string file, CancellationToken cancellationToken)
    {
        await using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
    }
}
