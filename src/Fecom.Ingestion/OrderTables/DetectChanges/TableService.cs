using Fecom.Contracts;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.FollowFolder;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Ingestion.Shared.RunSources;
using Fecom.Platform.Hosts;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>Polls the input folder, on one host at a time, and takes the tables' new files, one after the other.</summary>
internal sealed partial class TableService(
    Supervision supervision,
    HostLease lease,
    TableStates states,
    TableLoader loader,
    LoadRuns runs,
    InputFolder folder,
    IOptions<LoadOptions> options,
    TimeProvider time,
    ILogger<TableService> logger
)
    : FolderService(
        supervision,
        "the snapshots of tables",
        lease,
        IngestionLocks.TakeTables,
        runs,
        FileSourceName.AllTables,
        options.Value,
        time
    )
{
    private readonly Dictionary<string, string> _reported = new(StringComparer.Ordinal);

    protected override async Task ScanAsync(IReadOnlyList<LoadRun> requested, CancellationToken cancellationToken)
    {
        bool looks = options.Value.Watch || requested.Count > 0;
        IReadOnlyList<(string Path, FecomTable Table)> files = looks ? folder.TableFiles() : [];
        List<TableOutcome> outcomes = [];
        foreach (FecomTable table in FecomTables.All)
        {
            outcomes.AddRange(
                await TakeTableAsync(
                    table,
                    [.. files.Where(file => file.Table == table).Select(file => file.Path)],
                    cancellationToken
                )
            );
        }

        if (looks)
        {
            await states.ForgetMissingAsync([.. files.Select(file => Path.GetFileName(file.Path))], cancellationToken);
        }

        foreach (LoadRun run in requested)
        {
            await FinishAsync(
                run,
                outcomes.FindAll(outcome => run.Source is FileSourceName.AllTables || run.Source == outcome.Source),
                cancellationToken
            );
        }
    }

    private async Task FinishAsync(LoadRun run, List<TableOutcome> its, CancellationToken cancellationToken)
    {
        if (!its.Exists(outcome => outcome.Waits))
        {
            string? error = its.Count == 0 ? LoadRun.NoFile : its.Find(outcome => outcome.Error is not null)?.Error;
            await Runs.FinishAsync(run.Id, its.Sum(outcome => outcome.Changes), error, cancellationToken);
        }
    }

    private async Task<List<TableOutcome>> TakeTableAsync(
        FecomTable table,
        string[] paths,
        CancellationToken cancellationToken
    )
    {
        List<FileSeen> files = InOrder(paths);
        TableOutcome? finished = await GuardedAsync(
            table,
            files.LastOrDefault(),
            () => loader.FinishAsync(table, cancellationToken),
            cancellationToken
        );
        List<TableOutcome> outcomes = finished is null ? [] : [finished];
        if (files.Count == 0 || finished?.Error is not null)
        {
            return outcomes;
        }

        ILookup<string, TableFile> known = (await states.FilesAsync(cancellationToken)).ToLookup(
            file => file.FileName,
            StringComparer.Ordinal
        );
        foreach (FileSeen file in files)
        {
            outcomes.Add(await TakeFileAsync(table, file, known[file.Name].FirstOrDefault(), cancellationToken));
            if (outcomes[^1].Waits)
            {
                // Newer files come after it.
                break;
            }
        }

        return outcomes;
    }

    private async Task<TableOutcome> TakeFileAsync(
        FecomTable table,
        FileSeen file,
        TableFile? before,
        CancellationToken cancellationToken
    )
    {
        string source = TableSource.NameOf(table);
        if (before is not null && IsSettled(file, before))
        {
            return new TableOutcome(source, 0, before.LastError);
        }

        return file.AtRest
            ? (
                await GuardedAsync(
                    table,
                    file,
                    async () => await loader.LoadAsync(table, file, cancellationToken),
                    cancellationToken
                )
            )!
            : new TableOutcome(source, 0, Waits: true);
    }

    /// <summary>From the oldest file to the newest: by the date in its name, or else by when it was written.</summary>
    private List<FileSeen> InOrder(string[] paths) =>
        [
            .. paths
                .Where(File.Exists)
                .Select(path => FileSeen.Read(path, Time.GetUtcNow(), options.Value.RestSeconds))
                .OrderBy(file => TableFileName.DateOf(file.Name) ?? file.ModifiedAt)
                .ThenBy(file => file.ModifiedAt)
                .ThenBy(file => file.Name, StringComparer.Ordinal),
        ];

    private static bool IsSettled(FileSeen file, TableFile before) =>
        before.State != "failed" && before.Size == file.Size && before.ModifiedAt == file.ModifiedAt;

    private async Task<TableOutcome?> GuardedAsync(
        FecomTable table,
        FileSeen? file,
        Func<Task<TableOutcome?>> take,
        CancellationToken cancellationToken
    )
    {
        string source = TableSource.NameOf(table);
        try
        {
            TableOutcome? outcome = await take();
            _reported.Remove(source);
            return outcome;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            string error = e is InvalidDataException or SnapshotWriteException
                ? e.Message
                : $"The file cannot be read: {FileFailure.Describe(e)}";
            if (_reported.GetValueOrDefault(source) != error)
            {
                _reported[source] = error;
                LogFailed(source, error);
            }

            await KeepFailedAsync(table, file, error, cancellationToken);
            return new TableOutcome(source, 0, error);
        }
    }

    private Task KeepFailedAsync(FecomTable table, FileSeen? file, string error, CancellationToken cancellationToken) =>
        file is null
            ? Task.CompletedTask
            : states.KeepFileAsync(
                new TableFile
                {
                    FileName = file.Name,
                    TableName = table.Name,
                    State = "failed",
                    Size = file.Size,
                    ModifiedAt = file.ModifiedAt,
                    LastError = error,
                    LookedAt = Time.GetUtcNow().UtcDateTime,
                },
                cancellationToken
            );

    [LoggerMessage(LogLevel.Error, "{Source}: {Error}")]
    private partial void LogFailed(string source, string error);
}
