using Fecom.Contracts;
using Fecom.Features.StreamFeatures;
using Fecom.Learning.Views;
using Fecom.Platform.Requests;
using Fecom.Platform.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using StackExchange.Redis;

namespace Fecom.Features.ServeOnlineFeatures;

/// <summary><c>POST /features/online</c> and <c>GET /features/views</c>.</summary>
internal static class OnlineFeaturesApi
{
    public const int MaxEntities = 500;
    private const int MaxErrors = 100;
    private const int CallsPerSecond = 100_000;

    /// <summary>There is nothing else to answer with: past this a call ends in 503, and may be made again.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public static void MapOnlineFeatures(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapApi("features", "Features", "features", CallsPerSecond);
        group
            .MapPost("online", ReadAsync)
            .WithName("ReadOnlineFeatures")
            .WithBodyExample(
                """
                {"view":"session","entities":["2f0b2524-9ba3-495e-9ff9-9980fe9b46ad"],"features":["activity_count","recent_products"]}
                """
            )
            .WithSummary(
                $"Newest features of up to 500 entities of a view: {string.Join(", ", FeatureViews.All.Select(view => view.Name))}"
            );
        group
            .MapGet("views", Views)
            .WithName("ListFeatureViews")
            .WithSummary("The feature views, their features and how long they live online");
    }

    private static async Task<Results<Ok<OnlineFeatures>, ValidationProblem>> ReadAsync(
        OnlineFeaturesRequest request,
        RedisConnection redis,
        OnlineStoreState state,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        FeatureView? view = FeatureViews.All.FirstOrDefault(view => view.Name == request.View);
        if (Check(request, view) is { Count: > 0 } errors)
        {
            return TypedResults.ValidationProblem(errors);
        }

        FeatureReader reader = new(view!, request.Features);
        bool isBehind = state.IsBehind;
        RedisValue[] values = await ValuesAsync(redis, view!, request.Entities!)
            .WaitAsync(Timeout, time, cancellationToken);
        DateTime now = time.GetUtcNow().UtcDateTime;
        return TypedResults.Ok(
            new OnlineFeatures(
                view!.Name,
                [
                    .. request.Entities!.Select(
                        (entity, i) => reader.Read(entity, ((ReadOnlyMemory<byte>)values[i]).Span, isBehind, now)
                    ),
                ]
            )
        );
    }

    private static async Task<RedisValue[]> ValuesAsync(
        RedisConnection redis,
        FeatureView view,
        IReadOnlyList<string> entities
    )
    {
        IDatabase database = await redis.DatabaseAsync();
        return await database.StringGetAsync([
            .. entities.Select(entity => (RedisKey)FeatureKeys.Key(view.Name, entity)),
        ]);
    }

    private static Results<Ok<FeatureViewList>, ValidationProblem> Views([AsParameters] PageQuery page)
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<FeatureView> views = page.Slice(FeatureViews.All);
        return TypedResults.Ok(
            new FeatureViewList(
                [
                    .. views.Items.Select(view => new FeatureViewDescription(
                        view.Name,
                        view.Entity,
                        (long)view.TimeToLive.TotalSeconds,
                        [
                            .. view.Features.Select(f => new FeatureDescription(
                                f.Name,
                                f.Type.ToString().ToLowerInvariant(),
                                f.Unit,
                                f.Meaning,
                                f.Default.ToObject()
                            )),
                        ]
                    )),
                ],
                views.Next
            )
        );
    }

    internal static Dictionary<string, string[]> Check(OnlineFeaturesRequest request, FeatureView? view)
    {
        Dictionary<string, string[]> errors = [];
        if (view is null)
        {
            errors["view"] =
            [
                $"There is no view '{request.View}'. The views are {string.Join(", ", FeatureViews.All.Select(v => v.Name))}.",
            ];
        }

        if (request.Entities is not { Count: > 0 and <= MaxEntities })
        {
            errors["entities"] =
            [
                $"1 to {MaxEntities} entity ids are needed, {request.Entities?.Count ?? 0} were given.",
            ];
        }
        else
        {
            CheckIds(request.Entities, errors);
        }

        string[] unknown =
        [
            .. request.Features?.Where(name => view is not null && view.Features.All(feature => feature.Name != name))
                ?? [],
        ];
        if (unknown.Length > 0)
        {
            errors["features"] =
            [
                $"View {view!.Name} has no feature {string.Join(", ", unknown.Take(5))}. See GET /api/v1/features/views.",
            ];
        }

        return errors;
    }

    private static void CheckIds(IReadOnlyList<string> entities, Dictionary<string, string[]> errors)
    {
        for (int i = 0; i < entities.Count && errors.Count < MaxErrors; i++)
        {
            if (!OpaqueId.IsValid(entities[i]))
            {
                errors[$"entities[{i}]"] = [$"entities[{i}] {OpaqueId.Expected}."];
            }
        }
    }
}
