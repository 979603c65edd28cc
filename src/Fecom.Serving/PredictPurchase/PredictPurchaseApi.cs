using Fecom.Contracts;
using Fecom.Platform.Requests;
using Fecom.Serving.LimitLoad;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Serving.PredictPurchase;

/// <summary><c>POST /predictions/purchase</c>.</summary>
internal static class PredictPurchaseApi
{
    public const int MaxInstances = 1_000;
    private const int MaxErrors = 100;
    private const int CallsPerSecond = 100_000;

    public static void MapPurchasePredictions(this IEndpointRouteBuilder routes) =>
        routes
            .MapApi("predictions", "Predictions", "predictions", CallsPerSecond)
            .MapPost("purchase", PredictAsync)
            .AddEndpointFilter<LoadFilter>()
            .WithName("PredictPurchases")
            .WithBodyExample(
                """
                {"instances":[{"user_id":"615215965","product_id":"58916293","user_session":"2f0b2524-9ba3-495e-9ff9-9980fe9b46ad"}],"explain":true}
                """
            )
            .WithSummary("How likely up to 1,000 products are bought in their sessions")
            .WithDescription(
                "Each instance names a product and a session; what is known of both is read from the online features. "
                    + "model.valid_for says which products the model has learnt to speak of; in_cart and note tell of a product that is not in the session's cart. "
                    + "Where the model cannot predict, fallback names what answered instead and fallback_reason says why."
            );

    private static async Task<Results<Ok<PurchasePredictions>, ValidationProblem>> PredictAsync(
        PurchasePredictionRequest request,
        PurchasePredictor predictor
    ) =>
        Check(request.Instances) is { Count: > 0 } errors
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Ok(await predictor.PredictAsync(request.Instances!, request.Explain));

    internal static Dictionary<string, string[]> Check(IReadOnlyList<PredictionInstance?>? instances)
    {
        Dictionary<string, string[]> errors = new(StringComparer.Ordinal);
        if (instances is not { Count: > 0 and <= MaxInstances })
        {
            errors["instances"] = [$"1 to {MaxInstances} instances are needed, {instances?.Count ?? 0} were given."];
            return errors;
        }

        for (int i = 0; i < instances.Count && errors.Count < MaxErrors; i++)
        {
            if (instances[i] is not { } instance)
            {
                errors[$"instances[{i}]"] = ["The instance is null."];
                continue;
            }

            CheckId(errors, i, "product_id", instance.ProductId, isRequired: true);
            CheckId(errors, i, "user_session", instance.UserSession, isRequired: true);
            CheckId(errors, i, "user_id", instance.UserId, isRequired: false);
        }

        return errors;
    }

    private static void CheckId(
        Dictionary<string, string[]> errors,
        int index,
        string field,
        string? id,
        bool isRequired
    )
    {
        if (id is null ? isRequired : !OpaqueId.IsValid(id))
        {
            errors[$"instances[{index}].{field}"] =
            [
                id is null ? $"{field} is missing." : $"{field} {OpaqueId.Expected}.",
            ];
        }
    }
}
