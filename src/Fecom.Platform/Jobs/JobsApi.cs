using Fecom.Platform.Access;
using Fecom.Platform.Jobs.Dashboard;
using Hangfire;
using Hangfire.Dashboard;
using Hangfire.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Platform.Jobs;

/// <summary>Job control: an API for programs, Hangfire's dashboard for people.</summary>
public static class JobsApi
{
    private const int MaxRuns = RunTable.Kept;

    /// <summary>Maps <c>/api/v1/jobs</c> and <c>/hangfire</c>.</summary>
    public static IEndpointRouteBuilder MapJobs(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder jobs = routes.MapGroup("/api/v1/jobs").WithTags("Jobs");
        jobs.MapGet("", ListJobsAsync).WithSummary("Every job with its schedule, its next run and its newest one");
        jobs.MapPost("{name}/runs", Start)
            .WithSummary(
                "Starts a run now; while one is under way, after that. A run that waits to begin already is answered instead"
            )
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapGet("{name}/runs", ListRunsAsync)
            .WithSummary("The runs of a job, newest first")
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapGet("{name}/runs/{id:long}", GetRunAsync)
            .WithSummary("How a run goes: state, progress, duration, error")
            .ProducesProblem(StatusCodes.Status404NotFound);
        return routes.MapDashboard();
    }

    private static IEndpointRouteBuilder MapDashboard(this IEndpointRouteBuilder routes)
    {
        CallerAccess access = routes.ServiceProvider.GetRequiredService<CallerAccess>();
        routes
            .MapHangfireDashboard(
                "/hangfire",
                new DashboardOptions
                {
                    DashboardTitle = "Fecom",
                    AppPath = "/",
                    DisplayStorageConnectionString = false,
                    AsyncAuthorization = [new DashboardAccess(access)],
                    IsReadOnlyFunc = context => !access.MayOperate(context.GetHttpContext()),
                }
            )
            .ExcludeFromDescription();
        return routes;
    }

    private static async Task<Ok<JobList>> ListJobsAsync(
        JobStarter starter,
        RunTable runs,
        JobStorage storage,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, RunRow> newest = (await runs.NewestAsync(cancellationToken)).ToDictionary(
            run => run.Job,
            StringComparer.Ordinal
        );
        Dictionary<string, RecurringJobDto> schedule = JobStore
            .ReadSchedule(storage)
            .ToDictionary(job => job.Id, StringComparer.Ordinal);
        return TypedResults.Ok(
            new JobList([
                .. starter.Jobs.Select(job =>
                {
                    RecurringJobDto? when = schedule.GetValueOrDefault(job.Name);
                    RunRow? last = newest.GetValueOrDefault(job.Name);
                    return new JobAnswer(
                        job.Name,
                        job.Description,
                        job.Queue,
                        job.Retries,
                        JobStore.Shown(when?.Cron),
                        when?.NextExecution,
                        last is null ? null : RunAnswer.Of(last)
                    );
                }),
            ])
        );
    }

    private static Results<Accepted<StartedRun>, ProblemHttpResult> Start(string name, JobStarter starter)
    {
        if (!Knows(starter, name))
        {
            return UnknownJob(starter, name);
        }

        long id = starter.Start(name);
        string address = $"/api/v1/jobs/{name}/runs/{id}";
        return TypedResults.Accepted(address, new StartedRun(id, name, address));
    }

    private static async Task<Results<Ok<RunList>, ProblemHttpResult, ValidationProblem>> ListRunsAsync(
        string name,
        JobStarter starter,
        RunTable runs,
        CancellationToken cancellationToken,
        int limit = 20
    )
    {
        if (!Knows(starter, name))
        {
            return UnknownJob(starter, name);
        }

        if (limit is < 1 or > MaxRuns)
        {
            return TypedResults.ValidationProblem(
                new Dictionary<string, string[]> { ["limit"] = [$"The limit is 1 to {MaxRuns}."] }
            );
        }

        return TypedResults.Ok(
            new RunList([.. (await runs.ListAsync(name, limit, cancellationToken)).Select(RunAnswer.Of)])
        );
    }

    private static async Task<Results<Ok<RunAnswer>, ProblemHttpResult>> GetRunAsync(
        string name,
        long id,
        JobStarter starter,
        RunTable runs,
        CancellationToken cancellationToken
    )
    {
        if (!Knows(starter, name))
        {
            return UnknownJob(starter, name);
        }

        return await runs.FindAsync(name, id, cancellationToken) is { } run
            ? TypedResults.Ok(RunAnswer.Of(run))
            : TypedResults.Problem(
                $"{name} has no run {id}. The newest {RunTable.Kept} runs of a job are kept, each for Jobs:KeepDays days after its end.",
                statusCode: StatusCodes.Status404NotFound,
                title: "Unknown run"
            );
    }

    private static bool Knows(JobStarter starter, string name) => starter.Jobs.Any(job => job.Name == name);

    private static ProblemHttpResult UnknownJob(JobStarter starter, string name) =>
        TypedResults.Problem(
            $"There is no job '{name}'. The jobs are {string.Join(", ", starter.Jobs.Select(job => job.Name))}.",
            statusCode: StatusCodes.Status404NotFound,
            title: "Unknown job"
        );
}
