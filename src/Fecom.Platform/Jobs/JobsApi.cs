using System.ComponentModel;
using System.Globalization;
using Fecom.Platform.Jobs.Dashboard;
using Fecom.Platform.Requests;
using Hangfire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Platform.Jobs;

/// <summary>Job control: an API for programs, Hangfire's dashboard for people.</summary>
public static class JobsApi
{
    internal const string NameMeaning = "The job's name, as GET /api/v1/jobs tells it.";
    internal const string Example = "train_recommender";

    /// <summary>Maps <c>/api/v1/jobs</c> and <c>/hangfire</c>.</summary>
    public static IEndpointRouteBuilder MapJobs(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder jobs = routes.MapApi("jobs", "Jobs", "jobs");
        jobs.MapGet("", ListJobsAsync)
            .WithName("ListJobs")
            .WithSummary("Every job with its schedule, its next run and its newest one");
        jobs.MapPost("{name}/runs", StartAsync)
            .WithName("StartJobRun")
            .WithExample("name", Example)
            .WithSummary(
                "Starts a run now; while one is under way, after that. A run that waits to begin already is answered instead"
            )
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapGet("{name}/runs", ListRunsAsync)
            .WithName("ListJobRuns")
            .WithExample("name", Example)
            .WithSummary("The runs of a job, newest first")
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapGet("{name}/runs/{id:long}", GetRunAsync)
            .WithName("GetJobRun")
            .WithExample("name", Example)
            .WithNewest("id", "1", NewestRunAsync)
            .WithSummary("How a run goes: state, progress, duration, error")
            .ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapSchedules();
        return routes.MapDashboard();
    }

    private static IEndpointRouteBuilder MapDashboard(this IEndpointRouteBuilder routes)
    {
        routes
            .MapHangfireDashboard(
                "/hangfire",
                new DashboardOptions
                {
                    DashboardTitle = "Fecom",
                    AppPath = "/",
                    DisplayStorageConnectionString = false,
                    Authorization = [new DashboardAccess()],
                    IsReadOnlyFunc = DashboardAccess.IsReadOnly,
                }
            )
            .ExcludeFromDescription();
        return routes;
    }

    private static async Task<string?> NewestRunAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        await services.GetRequiredService<RunTable>().ListAsync(Example, long.MaxValue, 1, cancellationToken)
            is [var run]
            ? run.Id.ToString(CultureInfo.InvariantCulture)
            : null;

    private static async Task<Results<Ok<JobList>, ValidationProblem>> ListJobsAsync(
        JobStarter starter,
        RunTable runs,
        JobSchedules schedules,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Dictionary<string, RunRow> newest = (await runs.NewestAsync(cancellationToken)).ToDictionary(
            run => run.Job,
            StringComparer.Ordinal
        );
        IReadOnlyDictionary<string, ScheduledJob> scheduler = await schedules.ReadSchedulerAsync(cancellationToken);
        Page<JobDefinition> jobs = page.Slice(starter.Jobs);
        return TypedResults.Ok(
            new JobList(
                [
                    .. jobs.Items.Select(job =>
                    {
                        ScheduledJob? when = scheduler.GetValueOrDefault(job.Name);
                        RunRow? last = newest.GetValueOrDefault(job.Name);
                        return new JobAnswer(
                            job.Name,
                            job.Description,
                            job.Queue,
                            job.Retries,
                            when?.Cron,
                            when?.NextRun,
                            last is null ? null : RunAnswer.Of(last)
                        );
                    }),
                ],
                jobs.Next
            )
        );
    }

    private static async Task<Results<Accepted<StartedRun>, ProblemHttpResult>> StartAsync(
        [Description(NameMeaning)] string name,
        JobStarter starter,
        CancellationToken cancellationToken
    )
    {
        if (!Knows(starter, name))
        {
            return UnknownJob(starter, name);
        }

        long id = await starter.StartAsync(name, cancellationToken: cancellationToken);
        string address = ApiRoutes.Address("jobs", name, "runs", id.ToString(CultureInfo.InvariantCulture));
        return TypedResults.Accepted(address, new StartedRun(id, name, address));
    }

    private static async Task<Results<Ok<RunList>, ProblemHttpResult, ValidationProblem>> ListRunsAsync(
        [Description(NameMeaning)] string name,
        JobStarter starter,
        RunTable runs,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (!Knows(starter, name))
        {
            return UnknownJob(starter, name);
        }

        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<RunRow> found = page.Of(
            await runs.ListAsync(name, page.Below, page.Wanted, cancellationToken),
            run => run.Id
        );
        return TypedResults.Ok(new RunList([.. found.Items.Select(RunAnswer.Of)], found.Next));
    }

    private static async Task<Results<Ok<RunAnswer>, ProblemHttpResult>> GetRunAsync(
        [Description(NameMeaning)] string name,
        [Description("The run's number.")] long id,
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
            : ApiProblems.Unknown(
                "run",
                $"{name} has no run {id}. The newest {RunTable.Kept} runs of a job are kept, each for Jobs:KeepDays days after its end."
            );
    }

    private static bool Knows(JobStarter starter, string name) => starter.Jobs.Any(job => job.Name == name);

    internal static ProblemHttpResult UnknownJob(JobStarter starter, string name) =>
        ApiProblems.Unknown(
            "job",
            $"There is no job '{name}'. The jobs are {string.Join(", ", starter.Jobs.Select(job => job.Name))}."
        );
}
