using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace Fecom.Platform.Jobs;

/// <summary>Jobs.</summary>
/// <param name="Jobs">In the order of their names.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record JobList(IReadOnlyList<JobAnswer> Jobs, string? Next);

/// <summary>A job.</summary>
/// <param name="Name">As in addresses, and in the setting <c>Jobs:NAME:Cron</c>.</param>
/// <param name="Description">What it does.</param>
/// <param name="Queue">Whose workers run it.</param>
/// <param name="Retries">How often a run that failed is tried again by itself.</param>
/// <param name="Cron">Its schedule in UTC; null when it runs on demand only.</param>
/// <param name="NextRun">When it runs next by itself.</param>
/// <param name="LastRun">The newest run.</param>
internal sealed record JobAnswer(
    string Name,
    string Description,
    string Queue,
    int Retries,
    string? Cron,
    DateTime? NextRun,
    RunAnswer? LastRun
);

/// <summary>A run that was started.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Job">The job's name.</param>
/// <param name="Address">Where it is followed; the header Location says so too.</param>
internal sealed record StartedRun(long Id, string Job, string Address);

/// <summary>Runs of a job.</summary>
/// <param name="Runs">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record RunList(IReadOnlyList<RunAnswer> Runs, string? Next);

/// <summary>A run.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Job">The job's name.</param>
/// <param name="State"><c>waiting</c>, <c>running</c>, <c>completed</c>, <c>failed</c>, <c>cancelled</c>, or <c>not_needed</c>: it ended without doing anything, as there was nothing to do or another run does it.</param>
/// <param name="Reason">Why it is in that state, where there is something to say.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="StartedAt">When its last try began.</param>
/// <param name="FinishedAt">When its last try ended.</param>
/// <param name="DurationSeconds">How long its last try took; null before its end.</param>
/// <param name="Progress">How far it is, for a person.</param>
/// <param name="Share">The share that is done, 0 to 1, where it is known.</param>
/// <param name="Host">The host that runs it, or ran it last.</param>
/// <param name="Error">What it failed with.</param>
internal sealed record RunAnswer(
    long Id,
    string Job,
    [property: AllowedValues("waiting", "running", "completed", "failed", "cancelled", "not_needed")] string State,
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
    public static RunAnswer Of(RunRow run)
    {
        DateTime? started = run.StartedAt;
        Dictionary<string, string?> data = run.StateData is { } text
            ? JsonSerializer.Deserialize<Dictionary<string, string?>>(text) ?? []
            : [];
        return new RunAnswer(
            run.Id,
            run.Job,
            run.State switch
            {
                "Processing" => "running",
                "Succeeded" => "completed",
                "Failed" => "failed",
                "Deleted" => NotNeeded.Is(run.State, data) ? "not_needed" : "cancelled",
                _ => "waiting",
            },
            run.Reason,
            run.RequestedAt,
            started,
            run.EndedAt,
            run.EndedAt is { } ended && started is { } began ? Math.Round((ended - began).TotalSeconds, 3) : null,
            run.Progress,
            run.State == "Succeeded" ? 1 : run.Share,
            run.Host,
            run is { State: "Failed", StateData: not null } ? ErrorOf(data) : null
        );
    }

    private static RunError ErrorOf(Dictionary<string, string?> data) =>
        new(
            data.GetValueOrDefault("ExceptionType") ?? "",
            data.GetValueOrDefault("ExceptionMessage") ?? "",
            data.GetValueOrDefault("ExceptionDetails") ?? ""
        );
}

/// <summary>What a run failed with.</summary>
/// <param name="Type">The exception's type.</param>
/// <param name="Message">What it says.</param>
/// <param name="Details">With its stack.</param>
internal sealed record RunError(string Type, string Message, string Details);
