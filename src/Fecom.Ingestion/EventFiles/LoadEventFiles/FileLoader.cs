using Fecom.Contracts;
using Fecom.Ingestion.EventFiles.Shared;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>The outcome of checking one file once.</summary>
/// <param name="Source">The file's source.</param>
/// <param name="Rows">Rows sent now.</param>
/// <param name="Error">Why it is refused or cannot be read.</param>
internal sealed record LoadOutcome(string Source, long Rows, string? Error);

/// <summary>Loads what is new in one file: all of it, what has been added, or nothing.</summary>
internal sealed partial class FileLoader(
    FileLoadTable table,
    FileSender sender,
    ActiveLoad active,
    ITopicProducer producer,
    IPipelineBarrier barrier,
    IOptions<LoadOptions> options,
    TimeProvider time,
    ILogger<FileLoader> logger
)
{
    /// <param name="file">The file's current state.</param>
    /// <param name="known">The loads of files of its name, the newest first.</param>
    /// <param name="cancellationToken">Stops in the middle; the next call resumes from the stored position.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public async Task<LoadOutcome> LoadAsync(
        FileSeen file,
        IReadOnlyList<FileLoad> known,
        CancellationToken cancellationToken
    )
    {
        if (known.FirstOrDefault(file.IsSettledBy) is { } settled)
        {
            return new LoadOutcome(settled.Source, 0, settled.State == LoadStates.Refused ? settled.LastError : null);
        }

        FileIdentity identity = Identify(file);
        if (identity.Fingerprint is null)
        {
            return await KeepUnidentifiedAsync(file, identity, known, cancellationToken);
        }

        (FileLoad load, BehaviorFile opened) = Resume(
            file,
            identity,
            known,
            await table.ForgottenGenerationAsync(cancellationToken)
        );
        using (opened)
        {
            await table.StartAsync(load, cancellationToken);
            return await LoadAsync(file, load, opened, identity.LastLine, cancellationToken);
        }
    }

    private static FileIdentity Identify(FileSeen file)
    {
        using BehaviorFile opened = BehaviorFile.Open(file.Path, mayGrow: !file.AtRest);
        return FileIdentity.Read(opened);
    }

    private async Task<LoadOutcome> KeepUnidentifiedAsync(
        FileSeen file,
        FileIdentity identity,
        IReadOnlyList<FileLoad> known,
        CancellationToken cancellationToken
    )
    {
        string state =
            identity.Refusal is not null ? LoadStates.Refused
            : file.AtRest ? LoadStates.Idle
            : LoadStates.Waiting;
        FileLoad load = file.Unidentified(state, Now) with { Notice = identity.Waiting, LastError = identity.Refusal };
        if (
            !known.Any(before =>
                before.Source == load.Source
                && (before.State, before.Notice, before.Size) == (load.State, load.Notice, load.Size)
            )
        )
        {
            await table.KeepUnidentifiedAsync(load, cancellationToken);
            LogUnidentified(file.Name, load.State, identity.Refusal ?? identity.Waiting!);
        }

        return new LoadOutcome(load.Source, 0, identity.Refusal);
    }

    /// <summary>Opens the file at its newest load's position; from the start, as a new source, when it is no longer the same file.</summary>
    private (FileLoad Load, BehaviorFile Opened) Resume(
        FileSeen file,
        FileIdentity identity,
        IReadOnlyList<FileLoad> known,
        int forgotten
    )
    {
        FileLoad? last = known.Where(load => load.Fingerprint == identity.Fingerprint).MaxBy(load => load.Generation);
        if (last is not null && TryOpenAt(file.Path, !file.AtRest, last.Position) is { } opened)
        {
            if (file.Size > last.BytesRead)
            {
                LogResumed(last.Source, last.NextLine);
            }

            return (last with { Size = file.Size, ModifiedAt = file.ModifiedAt }, opened);
        }

        FileLoad fresh = file.Fresh(identity, Math.Max(last?.Generation ?? 0, forgotten) + 1, Now);
        BehaviorFile start =
            TryOpenAt(file.Path, !file.AtRest, fresh.Position)
            ?? throw new IOException("The file was replaced while it was being opened.");
        LogStarted(fresh.Source, file.Size);
        return (fresh, start);
    }

    public static BehaviorFile? TryOpenAt(string path, bool mayGrow, LoadPosition position)
    {
        BehaviorFile file = BehaviorFile.Open(path, mayGrow);
        if (
            file.TryReadHeader(out _)
            && file.Reader.TryMoveTo(position.Next)
            && BehaviorFile.TailHash(file.Reader.BeforeNext).AsSpan().SequenceEqual(position.TailHash)
        )
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    private async Task<LoadOutcome> LoadAsync(
        FileSeen file,
        FileLoad load,
        BehaviorFile opened,
        LastLine lastLine,
        CancellationToken cancellationToken
    )
    {
        long began = time.GetTimestamp();
        using RawEventWriter writer = new(opened.Header!, load.Source);
        using LoadProgress progress = active.Begin(load);
        FileEnd end = await sender.RunAsync(
            load.Id,
            new RowBatches(opened, writer, lastLine, load.Position, options.Value.BatchRows),
            progress,
            cancellationToken
        );
        long rows = progress.Sent.Rows + (end.LastLineSent ? 1 : 0);
        if (!file.AtRest || FileSeen.At(file.Path).Length != file.Size)
        {
            // The file may still be growing: the next poll reads on, and completes the load once nothing is added.
            return new LoadOutcome(load.Source, rows - load.Rows, null);
        }

        if (rows > load.Rows || load.FinishedAt is null)
        {
            await AnnounceAsync(load, rows, progress, cancellationToken);
            LogCompleted(load.Source, rows, rows - load.Rows, time.GetElapsedTime(began).TotalSeconds);
            LogNotice(load.Source, end.Notice);
        }

        await table.CompleteAsync(load.Id, end, cancellationToken);
        return new LoadOutcome(load.Source, rows - load.Rows, null);
    }

    /// <summary>Announces the completed load; the load counts as completed only once every reader has the announcement.</summary>
    private async Task AnnounceAsync(
        FileLoad load,
        long rows,
        LoadProgress progress,
        CancellationToken cancellationToken
    )
    {
        LoadCompleted completed = new()
        {
            LoadId = load.Id,
            Source = load.Source,
            Rows = rows,
            CompletedAt = Now,
        };
        OutgoingMessage message = new(null, TopicJson.Write(completed));
        OutageRetry retry = new(time, error => progress.SendError = error);
        await retry.RunAsync(
            "Kafka",
            token => producer.SendAsync(Topics.LoadCompleted, [message], token),
            cancellationToken
        );
        await retry.RunAsync(
            "who acts on a completed load",
            token => barrier.PassAsync(Topics.LoadCompleted, token),
            cancellationToken
        );
    }

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    [LoggerMessage(LogLevel.Information, "Loading {Source}, {Bytes} bytes")]
    private partial void LogStarted(string source, long bytes);

    [LoggerMessage(LogLevel.Information, "Going on with {Source} at line {Line}")]
    private partial void LogResumed(string source, long line);

    [LoggerMessage(LogLevel.Information, "Loaded {Source}: {Rows} rows, {NewRows} of them now, in {Seconds:0.0} s")]
    private partial void LogCompleted(string source, long rows, long newRows, double seconds);

    private void LogNotice(string source, string? notice)
    {
        if (notice is not null)
        {
            LogEnd(source, notice);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Source}: {Notice}")]
    private partial void LogEnd(string source, string notice);

    [LoggerMessage(LogLevel.Warning, "{File} is {State}: {Reason}")]
    private partial void LogUnidentified(string file, string state, string reason);
}
