using System.Text.Json.Serialization;

namespace Fecom.WebConsole.Requests;

/// <summary>What the calls on the host, its pipeline, its sources and its jobs answer, as far as pages show it.</summary>
internal static class PipelineAnswers
{
    internal sealed record Health(string Status, IReadOnlyDictionary<string, Check> Checks);

    internal sealed record Check(string Status, string? Description);

    internal sealed record Pipeline(
        string Cluster,
        bool Embedded,
        string Host,
        string? Kafka,
        IReadOnlyList<ReadEndpoint> Endpoints,
        IReadOnlyList<Topic> Topics
    );

    internal sealed record ReadEndpoint(
        string Name,
        string Topic,
        string State,
        string? Reason,
        long? Lag,
        double MessagesPerSecond,
        long Messages,
        long Retries,
        long DeadLetters,
        IReadOnlyList<Partition> Partitions
    );

    internal sealed record Partition(
        [property: JsonPropertyName("partition")] int Number,
        bool Here,
        long? NextOffset,
        long? EndOffset,
        long? Lag
    );

    internal sealed record Topic(string Name, int Partitions, IReadOnlyList<UnfitSetting> Unfit);

    internal sealed record UnfitSetting(string Setting, string Value, string Reason, bool LosesEvents, string Command);

    internal sealed record Moves([property: JsonPropertyName("moves")] IReadOnlyList<Move> Items);

    internal sealed record Move(
        long Id,
        int Partition,
        long ToOffset,
        string State,
        long? FromOffset,
        DateTime RequestedAt,
        DateTime? FinishedAt
    );

    internal sealed record SourceList(IReadOnlyList<Source> Sources);

    internal sealed record Source(
        string Name,
        string Kind,
        string State,
        string? File,
        long Rows,
        long Malformed,
        long Position,
        long? Bytes,
        long? TotalBytes,
        double? RowsPerSecond,
        double? SecondsLeft,
        long? Backlog,
        DateTime? StartedAt,
        DateTime? FinishedAt,
        string? Notice,
        string? LastError
    );

    internal sealed record Load(Guid Id, string Source, string State);

    internal sealed record JobList(IReadOnlyList<Job> Jobs);

    internal sealed record Job(
        string Name,
        string Description,
        string Queue,
        int Retries,
        string? Cron,
        DateTime? NextRun,
        JobRun? LastRun
    );

    internal sealed record ScheduleList(IReadOnlyList<Schedule> Schedules);

    internal sealed record Schedule(
        string Job,
        string? Cron,
        bool Enabled,
        string? DefaultCron,
        DateTime? ChangedAt,
        string? ChangedBy,
        IReadOnlyList<DateTime> NextRuns
    );

    internal sealed record JobRunList(IReadOnlyList<JobRun> Runs);

    internal sealed record JobRun(
        long Id,
        string Job,
        string State,
        string? Reason,
        DateTime RequestedAt,
        DateTime? StartedAt,
        DateTime? FinishedAt,
        double? DurationSeconds,
        string? Progress,
        double? Share,
        string? Host,
        RunError? Error
    )
    {
        /// <summary>What there is to say of it; of a run that did nothing, why.</summary>
        public string? Note => State == "not_needed" ? Reason : Error?.Message ?? Progress ?? Reason;
    }

    internal sealed record RunError(string Type, string Message);

    internal sealed record StartedRun(long Id, string Job);
}
