using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.FollowFolder;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Ingestion.Shared.RunSources;
using Fecom.Platform.Hosts;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>Polls the input folder, on one host at a time, and loads what is new, file after file.</summary>
internal sealed partial class LoadService(
    Supervision supervision,
    HostLease lease,
    FileLoadTable table,
    FileLoader loader,
    LoadRuns runs,
    InputFolder folder,
    IOptions<LoadOptions> options,
    TimeProvider time,
    ILogger<LoadService> logger
)
    : FolderService(
        supervision,
        "the loading of files",
        lease,
        IngestionLocks.LoadFiles,
        runs,
        FileSourceName.AllFiles,
        options.Value,
        time
    )
{
    private readonly Dictionary<string, string> _reported = new(StringComparer.Ordinal);
    private string[]? _present;

    protected override void Begin() => _present = null;

    protected override async Task ScanAsync(IReadOnlyList<LoadRun> requested, CancellationToken cancellationToken)
    {
        if (!options.Value.Watch && requested.Count == 0)
        {
            return;
        }

        List<LoadOutcome> outcomes = await LoadFilesAsync(cancellationToken);
        foreach (LoadRun run in requested)
        {
            List<LoadOutcome> its = outcomes.FindAll(outcome =>
                run.Source is FileSourceName.AllFiles || IsOf(run.Source, outcome.Source)
            );
            string? error = its.Count == 0 ? LoadRun.NoFile : its.Find(outcome => outcome.Error is not null)?.Error;
            await Runs.FinishAsync(run.Id, its.Sum(outcome => outcome.Rows), error, cancellationToken);
        }
    }

    /// <summary>A run names a source in full, or <c>file:NAME</c>.</summary>
    private static bool IsOf(string asked, string source) =>
        source == asked || source.StartsWith(asked + "@", StringComparison.Ordinal);

    private async Task<List<LoadOutcome>> LoadFilesAsync(CancellationToken cancellationToken)
    {
        string[] paths = folder.BehaviorFiles();
        IReadOnlyList<(string Path, string Refusal)> refused = folder.Refused();
        string[] present = [.. paths, .. refused.Select(entry => entry.Path)];
        if (_present is null || !_present.SequenceEqual(present, StringComparer.Ordinal))
        {
            await table.MarkMissingAsync([.. present.Select(path => Path.GetFileName(path))], cancellationToken);
            _present = present;
        }

        ILookup<string, FileLoad> known = (await table.AllAsync(cancellationToken)).ToLookup(
            load => load.FileName,
            StringComparer.Ordinal
        );
        List<LoadOutcome> outcomes = [];
        foreach ((string path, string refusal) in refused)
        {
            outcomes.Add(await KeepAsync(path, [], LoadStates.Refused, refusal, cancellationToken));
        }

        foreach (string path in paths)
        {
            outcomes.Add(await LoadFileAsync(path, [.. known[Path.GetFileName(path)]], cancellationToken));
        }

        return outcomes;
    }

    private async Task<LoadOutcome> LoadFileAsync(
        string path,
        IReadOnlyList<FileLoad> known,
        CancellationToken cancellationToken
    )
    {
        string name = Path.GetFileName(path);
        try
        {
            LoadOutcome outcome = await loader.LoadAsync(
                FileSeen.Read(path, Time.GetUtcNow(), options.Value.RestSeconds),
                known,
                cancellationToken
            );
            _reported.Remove(name);
            return outcome;
        }
        catch (FileNotFoundException) when (new FileInfo(path).LinkTarget is null)
        {
            // Removed since the folder was listed: the next poll reports it missing. A dangling link is an error of its own.
            return new LoadOutcome(FileSourceName.Prefix + name, 0, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return await KeepAsync(
                path,
                known,
                LoadStates.Failed,
                $"The file cannot be read: {FileFailure.Describe(e)}",
                cancellationToken
            );
        }
    }

    private async Task<LoadOutcome> KeepAsync(
        string path,
        IReadOnlyList<FileLoad> known,
        string state,
        string error,
        CancellationToken cancellationToken
    )
    {
        string name = Path.GetFileName(path);
        string source =
            known.FirstOrDefault(load => load.State is LoadStates.Loading or LoadStates.Failed)?.Source
            ?? FileSourceName.Prefix + name;
        if (_reported.GetValueOrDefault(name) != error)
        {
            _reported[name] = error;
            LogFailed(source, error);
            FileLoad failed = new FileSeen(path, 0, DateTime.UnixEpoch, AtRest: true).Unidentified(
                state,
                Time.GetUtcNow().UtcDateTime
            );
            await (
                source == failed.Source
                    ? table.KeepUnidentifiedAsync(failed with { LastError = error }, cancellationToken)
                    : table.FailAsync(source, error, cancellationToken)
            );
        }

        return new LoadOutcome(source, 0, error);
    }

    [LoggerMessage(LogLevel.Error, "{Source}: {Error}")]
    private partial void LogFailed(string source, string error);
}
