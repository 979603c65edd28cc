using System.ComponentModel;
using Fecom.Learning.Purchase;
using Fecom.Platform.Requests;
using Fecom.Training.RegisterModels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Training.WatchModels;

/// <summary>How a model that serves does: <c>GET /models/{name}/skew</c>, <c>…/drift</c>, <c>…/live-quality</c>.</summary>
internal static class WatchApi
{
    private const string NameMeaning =
        "The model's name, as GET /api/v1/models tells it; predictions of purchase are logged, so only these are watched.";

    public static void MapWatch(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapApi("models/{name}", "Models", "models");
        group
            .MapGet("skew", SkewAsync)
            .WithName("ListSkewReports")
            .WithExample("name", PurchaseModel.Kind)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("Served features against those of the offline store at the same moment, newest report first");
        group
            .MapGet("drift", DriftAsync)
            .WithName("ListDriftReports")
            .WithExample("name", PurchaseModel.Kind)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("How far served features have moved from the champion's training set, newest report first");
        group
            .MapGet("live-quality", QualityAsync)
            .WithName("ListLiveQuality")
            .WithExample("name", PurchaseModel.Kind)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("How good logged predictions were by what was bought afterwards, by day and version");
    }

    private static async Task<Results<Ok<SkewReportList>, ValidationProblem, ProblemHttpResult>> SkewAsync(
        [Description(NameMeaning)] string name,
        WatchReports reports,
        ModelTable models,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<WatchReport> found = await FindAsync(reports, name, WatchKinds.Skew, page, cancellationToken);
        return await IsUnknownAsync(found, name, models, cancellationToken)
            ? UnknownModel(name)
            : TypedResults.Ok(
                new SkewReportList(
                    name,
                    [
                        .. found.Items.Select(report => new SkewReport(
                            report.Id,
                            report.MeasuredAt,
                            report.Predictions,
                            report.Alert,
                            WatchReports.FromJson<SkewedFeature[]>(report.Details)
                        )),
                    ],
                    found.Next
                )
            );
    }

    private static async Task<Results<Ok<DriftReportList>, ValidationProblem, ProblemHttpResult>> DriftAsync(
        [Description(NameMeaning)] string name,
        WatchReports reports,
        ModelTable models,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<WatchReport> found = await FindAsync(reports, name, WatchKinds.Drift, page, cancellationToken);
        return await IsUnknownAsync(found, name, models, cancellationToken)
            ? UnknownModel(name)
            : TypedResults.Ok(
                new DriftReportList(
                    name,
                    [
                        .. found.Items.Select(report => new DriftReport(
                            report.Id,
                            report.Version ?? 0,
                            report.MeasuredAt,
                            report.Predictions,
                            report.Alert,
                            WatchReports.FromJson<DriftedFeature[]>(report.Details)
                        )),
                    ],
                    found.Next
                )
            );
    }

    private static async Task<Results<Ok<LiveQualityList>, ValidationProblem, ProblemHttpResult>> QualityAsync(
        [Description(NameMeaning)] string name,
        LiveQualityTable days,
        WatchReports reports,
        ModelTable models,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<LiveQualityDay> found = page.Of(await days.ListAsync(name, page.Skip, page.Wanted, cancellationToken));
        if (await IsUnknownAsync(found, name, models, cancellationToken))
        {
            return UnknownModel(name);
        }

        WatchReport? newest = (await reports.CurrentAsync(cancellationToken)).FirstOrDefault(report =>
            report.Model == name && report.Kind == WatchKinds.Quality
        );
        return TypedResults.Ok(new LiveQualityList(name, newest?.Alert, found.Items, found.Next));
    }

    private static async Task<Page<WatchReport>> FindAsync(
        WatchReports reports,
        string name,
        string kind,
        PageQuery page,
        CancellationToken cancellationToken
    ) => page.Of(await reports.ListAsync(name, kind, page.Below, page.Wanted, cancellationToken), report => report.Id);

    private static async Task<bool> IsUnknownAsync<T>(
        Page<T> found,
        string name,
        ModelTable models,
        CancellationToken cancellationToken
    ) => found.Items.Count == 0 && (await models.VersionsAsync(name, cancellationToken)).Count == 0;

    private static ProblemHttpResult UnknownModel(string name) =>
        ApiProblems.Unknown("model", $"There is no model '{name}'. GET /api/v1/models lists them.");
}
