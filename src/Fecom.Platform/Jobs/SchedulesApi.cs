using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Platform.Jobs;

/// <summary>When jobs run by themselves: <c>/api/v1/jobs/schedules</c>.</summary>
internal static class SchedulesApi
{
    private const int NextTimes = 5;

    public static void MapSchedules(this IEndpointRouteBuilder jobs)
    {
        jobs.MapGet("schedules", ListAsync)
            .WithName("ListJobSchedules")
            .WithSummary(
                "When each job runs by itself: its schedule, who set it, its next five runs and its newest one"
            );
        jobs.MapPut("schedules/{name}", SetAsync)
            .WithName("SetJobSchedule")
            .WithExample("name", JobsApi.Example)
            .WithBodyExample("""{"cron":"30 3 * * *","enabled":true}""")
            .WithSummary("Sets when a job runs, or pauses it: at once, on every host, and after each restart")
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapDelete("schedules/{name}", ResetAsync)
            .WithName("ResetJobSchedule")
            .WithExample("name", JobsApi.Example)
            .WithSummary("Has a job run as the settings say again")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Ok<ScheduleList>, ValidationProblem>> ListAsync(
        JobStarter starter,
        JobSchedules schedules,
        RunTable runs,
        TimeProvider time,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        IReadOnlyDictionary<string, ScheduleRow> set = await schedules.ReadAsync(cancellationToken);
        Dictionary<string, RunRow> newest = (await runs.NewestAsync(cancellationToken)).ToDictionary(
            run => run.Job,
            StringComparer.Ordinal
        );
        Page<JobDefinition> jobs = page.Slice(starter.Jobs);
        return TypedResults.Ok(
            new ScheduleList(
                [
                    .. jobs.Items.Select(job =>
                        Answer(
                            job,
                            schedules,
                            set.GetValueOrDefault(job.Name),
                            newest.GetValueOrDefault(job.Name),
                            time.GetUtcNow().UtcDateTime
                        )
                    ),
                ],
                jobs.Next
            )
        );
    }

    private static async Task<Results<Ok<ScheduleAnswer>, ValidationProblem, ProblemHttpResult>> SetAsync(
        [Description(JobsApi.NameMeaning)] string name,
        ScheduleBody body,
        JobStarter starter,
        JobSchedules schedules,
        RunTable runs,
        TimeProvider time,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (starter.Jobs.FirstOrDefault(job => job.Name == name) is not { } job)
        {
            return JobsApi.UnknownJob(starter, name);
        }

        string? cron = body.Cron is null ? null : JobCron.Plain(body.Cron);
        if (cron is not null && JobCron.Problem(cron, time.GetUtcNow().UtcDateTime) is { } problem)
        {
            return ApiProblems.Invalid("cron", problem);
        }

        bool enabled = body.Enabled ?? true;
        await schedules.SetAsync(job, cron, enabled, ApiCaller.Of(http), cancellationToken);
        return TypedResults.Ok(await AnswerAsync(job, schedules, runs, time, cancellationToken));
    }

    private static async Task<Results<Ok<ScheduleAnswer>, ProblemHttpResult>> ResetAsync(
        [Description(JobsApi.NameMeaning)] string name,
        JobStarter starter,
        JobSchedules schedules,
        RunTable runs,
        TimeProvider time,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (starter.Jobs.FirstOrDefault(job => job.Name == name) is not { } job)
        {
            return JobsApi.UnknownJob(starter, name);
        }

        await schedules.SetAsync(job, cron: null, enabled: true, ApiCaller.Of(http), cancellationToken);
        return TypedResults.Ok(await AnswerAsync(job, schedules, runs, time, cancellationToken));
    }

    private static async Task<ScheduleAnswer> AnswerAsync(
        JobDefinition job,
        JobSchedules schedules,
        RunTable runs,
        TimeProvider time,
        CancellationToken cancellationToken
    ) =>
        Answer(
            job,
            schedules,
            (await schedules.ReadAsync(cancellationToken)).GetValueOrDefault(job.Name),
            await runs.ListAsync(job.Name, long.MaxValue, 1, cancellationToken) is [var run] ? run : null,
            time.GetUtcNow().UtcDateTime
        );

    private static ScheduleAnswer Answer(
        JobDefinition job,
        JobSchedules schedules,
        ScheduleRow? set,
        RunRow? last,
        DateTime now
    )
    {
        string? settings = schedules.DefaultOf(job);
        string? cron = set?.Cron ?? settings;
        bool enabled = set?.Enabled ?? true;
        return new ScheduleAnswer(
            job.Name,
            cron,
            enabled,
            settings,
            set?.ChangedAt,
            set?.ChangedBy,
            enabled && cron is not null ? JobCron.Next(cron, now, NextTimes) : [],
            last is null ? null : RunAnswer.Of(last)
        );
    }
}

/// <summary>Sets when a job runs by itself.</summary>
internal sealed record ScheduleBody
{
    /// <summary>Five fields in UTC: minute, hour, day, month, weekday. Null or left out: as the settings say.</summary>
    [MaxLength(JobCron.MaxLength)]
    public string? Cron { get; init; }

    /// <summary>Whether it runs by itself; false pauses it, and it runs on demand only. Default true.</summary>
    public bool? Enabled { get; init; }
}

/// <summary>Schedules.</summary>
/// <param name="Schedules">In the order of the jobs' names.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record ScheduleList(IReadOnlyList<ScheduleAnswer> Schedules, string? Next);

/// <summary>When a job runs by itself.</summary>
/// <param name="Job">The job's name.</param>
/// <param name="Cron">Its schedule in UTC; null when it runs on demand only.</param>
/// <param name="Enabled">Whether it goes by it; false while it is paused.</param>
/// <param name="DefaultCron">The schedule that the settings give it; null when they give it none.</param>
/// <param name="ChangedAt">When somebody last changed it; null when it is as the settings say.</param>
/// <param name="ChangedBy">Who did.</param>
/// <param name="NextRuns">The next five times.</param>
/// <param name="LastRun">The newest run.</param>
internal sealed record ScheduleAnswer(
    string Job,
    string? Cron,
    bool Enabled,
    string? DefaultCron,
    DateTime? ChangedAt,
    string? ChangedBy,
    IReadOnlyList<DateTime> NextRuns,
    RunAnswer? LastRun
);
