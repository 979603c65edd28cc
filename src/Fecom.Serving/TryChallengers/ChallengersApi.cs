using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Requests;
using Fecom.Serving.LoadModels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Serving.TryChallengers;

/// <summary><c>/challengers</c>: versions that are tried beside the champions.</summary>
internal static class ChallengersApi
{
    public const int MaxReason = 500;
    private const string NameMeaning = "The model: purchase or recommender.";

    public static void MapChallengers(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapApi("challengers", "Challengers", "challengers");
        group
            .MapGet("", List)
            .WithName("GetChallengers")
            .WithSummary("The versions that are tried beside the champions, and on how much of the traffic")
            .WithDescription(
                "A challenger is the version that the alias challenger stands for: POST /api/v1/models/{name}/aliases/challenger."
            );
        group
            .MapPut("{model}", SetAsync)
            .WithName("SetChallenger")
            .WithExample("model", "recommender")
            .WithBodyExample("""{"canary_share":0.05,"shadow_share":0.2,"reason":"Tried in /swagger"}""")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary(
                "Sets the challenger's share of the visitors and of unseen answers, on every host within seconds"
            );
        group
            .MapGet("{model}/changes", ChangesAsync)
            .WithName("ListChallengerChanges")
            .WithExample("model", "recommender")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("Every setting of a model's challenger, newest first: who set what, when and why");
        group
            .MapGet("{model}/comparison", CompareAsync)
            .WithName("CompareChallenger")
            .WithExample("model", "recommender")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .WithSummary("What the challenger's unseen answers were beside those that were shown")
            .WithDescription(
                "By day and pair of versions. Of the recommender also how high each list had what was clicked on; what versions that were shown earned is at GET /api/v1/kpis/recommendations?by=model. "
                    + "The live quality of versions of the purchase model, shown or not, is at GET /api/v1/models/purchase/live-quality."
            );
    }

    private static Ok<ChallengerList> List(
        IEnumerable<IModelSlot> slots,
        Challengers challengers,
        ShadowQueue shadows
    ) => TypedResults.Ok(new ChallengerList([.. slots.Select(slot => Show(slot, challengers, shadows))]));

    private static async Task<Results<Ok<ChallengerSetting>, ValidationProblem, ProblemHttpResult>> SetAsync(
        [Description(NameMeaning)] string model,
        ChallengerChange change,
        IEnumerable<IModelSlot> slots,
        Challengers challengers,
        ChallengerTable table,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (slots.All(slot => slot.Name != model))
        {
            return UnknownModel(model, slots);
        }

        Dictionary<string, string[]> errors = new(StringComparer.Ordinal);
        CheckShare("canary_share", change.CanaryShare, errors);
        CheckShare("shadow_share", change.ShadowShare, errors);
        if (change.Reason?.Length > MaxReason)
        {
            errors["reason"] = [$"reason has {MaxReason} characters at most."];
        }

        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        ChallengerSetting? set = await table.AddAsync(
            model,
            change.CanaryShare!.Value,
            change.ShadowShare!.Value,
            change.Replaces,
            ApiCaller.Of(http),
            string.IsNullOrWhiteSpace(change.Reason) ? "By hand" : change.Reason,
            cancellationToken
        );
        if (set is null)
        {
            return TypedResults.Problem(
                $"Version {change.Replaces} of the setting is not the one that holds: somebody else has changed it. GET /api/v1/challengers/{model}/changes shows what does.",
                statusCode: StatusCodes.Status409Conflict,
                title: "Setting changed"
            );
        }

        challengers.Take(await table.NewestAsync(cancellationToken));
        return TypedResults.Ok(set);
    }

    private static async Task<Results<Ok<ChallengerChanges>, ValidationProblem, ProblemHttpResult>> ChangesAsync(
        [Description(NameMeaning)] string model,
        IEnumerable<IModelSlot> slots,
        ChallengerTable table,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (slots.All(slot => slot.Name != model))
        {
            return UnknownModel(model, slots);
        }

        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<ChallengerSetting> changes = page.Of(
            await table.ListAsync(model, page.Below, page.Wanted, cancellationToken),
            change => change.Version
        );
        return TypedResults.Ok(new ChallengerChanges(changes.Items, changes.Next));
    }

    private static async Task<Results<Ok<ChallengerComparison>, ValidationProblem, ProblemHttpResult>> CompareAsync(
        [Description(NameMeaning)] string model,
        IEnumerable<IModelSlot> slots,
        ShadowComparison comparison,
        CancellationToken cancellationToken,
        [FromQuery(Name = "days")]
        [Range(1, ShadowComparison.MaxDays)]
        [Description("How many days back.")]
            int days = 7
    )
    {
        if (slots.All(slot => slot.Name != model))
        {
            return UnknownModel(model, slots);
        }

        return days is < 1 or > ShadowComparison.MaxDays
            ? ApiProblems.Invalid("days", $"days is a whole number from 1 to {ShadowComparison.MaxDays}.")
            : TypedResults.Ok(await comparison.OfAsync(model, days, cancellationToken));
    }

    private static ChallengerAnswer Show(IModelSlot slot, Challengers challengers, ShadowQueue shadows)
    {
        Challenger challenger = challengers.Of(slot.Name);
        ChallengerFailures? failures = challengers
            .Failures.Where(one => one.Key.Model == slot.Name && one.Key.Version == challenger.Version)
            .Select(one => one.Value)
            .FirstOrDefault();
        string state =
            challenger.Version is not { } version ? "none"
            : challenger is { CanaryShare: 0, ShadowShare: 0 } ? "waiting"
            : slot.Has(version) ? "ready"
            : slot.Unloadable.ContainsKey(version) ? "cannot_be_loaded"
            : "loading";
        return new ChallengerAnswer(
            slot.Name,
            slot.Version,
            challenger.Version,
            state,
            state == "cannot_be_loaded" ? slot.Unloadable.GetValueOrDefault(challenger.Version!.Value) : null,
            challenger.CanaryShare,
            challenger.ShadowShare,
            challenger.Setting,
            failures?.All ?? 0,
            failures?.Reason,
            shadows.CountsOf(slot.Name)
        );
    }

    private static void CheckShare(string field, double? share, Dictionary<string, string[]> errors)
    {
        if (share is not (>= 0 and <= 1))
        {
            errors[field] = [$"{field} is a number from 0 to 1."];
        }
    }

    private static ProblemHttpResult UnknownModel(string model, IEnumerable<IModelSlot> slots) =>
        ApiProblems.Unknown(
            "model",
            $"There is no model '{model}'. There are {string.Join(" and ", slots.Select(slot => slot.Name))}."
        );
}
