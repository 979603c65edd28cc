using System.ComponentModel;
using System.Globalization;
using Fecom.Features.ServeOnlineFeatures;
using Fecom.Features.StreamFeatures;
using Fecom.Learning.Views;
using Fecom.Platform.Requests;
using Fecom.Platform.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using StackExchange.Redis;

namespace Fecom.Features.CompareFeatures;

/// <summary><c>GET /features/views/{view}/entities/{entity}</c>: whether what is served is what was learned from, of one entity.</summary>
internal static class CompareFeaturesApi
{
    private const int MaxEntityLength = 256;

    /// <summary>Each may read a large part of the warehouse.</summary>
    private const int CallsPerSecond = 20;
    private const string RetrySeconds = "5";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    public static void MapFeatureComparison(this IEndpointRouteBuilder routes) =>
        routes
            .MapApi("features/views/{view}/entities", "Features", "feature_comparisons", CallsPerSecond)
            .MapGet("{entity}", CompareAsync)
            .WithName("CompareEntityFeatures")
            .WithExample("view", "product")
            .WithExample("entity", "58916293")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary(
                "An entity's features online beside those that its events in the warehouse give at the same moment, as a training set would have them"
            );

    private static async Task<Results<Ok<EntityComparison>, ValidationProblem, ProblemHttpResult>> CompareAsync(
        [Description("The feature view.")] string view,
        [Description("The entity: an id or a brand; of the view shop, shop.")] string entity,
        RedisConnection redis,
        OnlineStoreState state,
        EntityHistoryReader history,
        TimeProvider time,
        HttpContext http
    )
    {
        if (FeatureViews.All.FirstOrDefault(one => one.Name == view) is not { } known)
        {
            return ApiProblems.Unknown(
                "feature view",
                $"There is no view '{view}'. The views are {string.Join(", ", FeatureViews.All.Select(one => one.Name))}."
            );
        }

        if (entity.Length > MaxEntityLength || entity.Any(char.IsControl))
        {
            return ApiProblems.Invalid("entity", $"entity is a text of 1 to {MaxEntityLength} printable characters.");
        }

        using CancellationTokenSource limit = new(Timeout, time);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(
            limit.Token,
            http.RequestAborted
        );
        try
        {
            bool isBehind = state.IsBehind;
            IDatabase database = await redis.DatabaseAsync();
            RedisValue packed = await database
                .StringGetAsync(FeatureKeys.Key(known.Name, entity))
                .WaitAsync(stop.Token);
            DateTime at = time.GetUtcNow().UtcDateTime;
            EntityFeatures online = new FeatureReader(known, names: null).Read(
                entity,
                ((ReadOnlyMemory<byte>)packed).Span,
                isBehind,
                at
            );
            return await history.ReadAsync(known, entity, at, stop.Token) is { } offline
                ? TypedResults.Ok(EntityComparison.Of(known, online, offline, at))
                : ApiProblems.Invalid("entity", TooMany(view, entity));
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            http.Response.Headers.RetryAfter = RetrySeconds;
            return TypedResults.Problem(
                $"The events of {view} {entity} could not be read within {Timeout.TotalSeconds:0} s. Try again, or use ./fecom features export, which takes its time.",
                statusCode: StatusCodes.Status503ServiceUnavailable,
                title: "Reading takes too long"
            );
        }
    }

    private static string TooMany(string view, string entity) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{view} {entity} has more than {EntityHistoryReader.MaxEvents:N0} events, too many to read for one answer; ./fecom features export reads them all."
        );
}
