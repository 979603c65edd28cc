using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Serialization;
using Fecom.Contracts;
using Fecom.Platform.Requests;
using Fecom.Serving.KnowProducts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Serving.TakeFeedback;

/// <summary><c>/feedback</c>: what visitors did with recommended products.</summary>
internal static class FeedbackApi
{
    public const int MaxItems = 1_000;
    public const double MaxPrice = 1e9;
    private const int MaxErrors = 100;
    private const int CallsPerSecond = 100_000;
    private const string Example =
        """{"recommendation_id":"01a20286-4c20-7b95-bffc-df714ff02890","product_id":"37326829","type":"click"}""";

    public static void MapFeedback(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapApi("feedback", "Feedback", "feedback", CallsPerSecond);
        group
            .MapPost("", TakeOneAsync)
            .WithName("SendFeedback")
            .WithBodyExample(Example)
            .WithSummary("Says that a recommended product was shown, clicked on, put into the cart or bought")
            .WithDescription(
                "Answered once it is durable. What was said before of the same product and answer is a repeat: counted as such, and nothing else."
            );
        group
            .MapPost("batch", TakeManyAsync)
            .WithName("SendFeedbackBatch")
            .WithBodyExample($$"""{"feedback":[{{Example}}]}""")
            .WithSummary("The same for up to 1,000 products and answers; either all of it is taken or none");
    }

    private static Task<Results<Accepted<TakenFeedback>, ValidationProblem>> TakeOneAsync(
        FeedbackItem item,
        FeedbackTable table,
        ProductCatalogue catalogue,
        CancellationToken cancellationToken
    ) => TakeAsync([item], _ => "", table, catalogue, cancellationToken);

    private static async Task<Results<Accepted<TakenFeedback>, ValidationProblem>> TakeManyAsync(
        FeedbackBatch batch,
        FeedbackTable table,
        ProductCatalogue catalogue,
        CancellationToken cancellationToken
    ) =>
        batch.Feedback is { Count: > 0 and <= MaxItems } items
            ? await TakeAsync(
                items,
                i => string.Create(CultureInfo.InvariantCulture, $"feedback[{i}]."),
                table,
                catalogue,
                cancellationToken
            )
            : ApiProblems.Invalid(
                "feedback",
                $"1 to {MaxItems} items are needed, {batch.Feedback?.Count ?? 0} were given."
            );

    private static async Task<Results<Accepted<TakenFeedback>, ValidationProblem>> TakeAsync(
        IReadOnlyList<FeedbackItem?> items,
        Func<int, string> place,
        FeedbackTable table,
        ProductCatalogue catalogue,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, string[]> errors = new(StringComparer.Ordinal);
        List<NewFeedback> read = new(items.Count);
        for (int i = 0; i < items.Count && errors.Count < MaxErrors; i++)
        {
            if (Read(items[i], place(i), errors) is { } one)
            {
                read.Add(one with { Price = one.Price ?? catalogue.Find(one.ProductId)?.Facts.Price });
            }
        }

        return errors.Count > 0
            ? TypedResults.ValidationProblem(errors)
            : TypedResults.Accepted((string?)null, await table.AddAsync(read, cancellationToken));
    }

    internal static NewFeedback? Read(FeedbackItem? item, string place, Dictionary<string, string[]> errors)
    {
        int before = errors.Count;
        if (!Guid.TryParseExact(item?.RecommendationId, "D", out Guid id))
        {
            errors[$"{place}recommendation_id"] =
            [
                "recommendation_id is the id of an answer, such as 01a20286-4c20-7b95-bffc-df714ff02890.",
            ];
        }

        if (item?.ProductId is not { } product || !OpaqueId.IsValid(product))
        {
            errors[$"{place}product_id"] = [$"product_id {OpaqueId.Expected}."];
        }

        if (item?.Type is not { } type || !FeedbackTypes.All.Contains(type))
        {
            errors[$"{place}type"] = [$"type is none of {string.Join(", ", FeedbackTypes.All)}."];
        }

        if (item?.Price is < 0 or > 1_000_000_000m)
        {
            errors[$"{place}price"] =
            [
                string.Create(CultureInfo.InvariantCulture, $"price is between 0 and {MaxPrice:0}."),
            ];
        }

        return errors.Count > before ? null : new NewFeedback(id, item!.ProductId!, item.Type!, item.Price);
    }
}

/// <summary>What was done with a recommended product.</summary>
/// <param name="RecommendationId">The answer that recommended it.</param>
/// <param name="ProductId">The product.</param>
/// <param name="Type">What was done.</param>
/// <param name="Price">What it costs, in the shop's currency; when it is left out, what the events said last. The revenue is made of it.</param>
internal sealed record FeedbackItem(
    [property: Required, MaxLength(36)] string? RecommendationId,
    [property: Required, JsonConverter(typeof(OpaqueIdConverter))] string? ProductId,
    [property: Required, AllowedValues("impression", "click", "cart", "purchase")] string? Type,
    [property: Range(0.0, FeedbackApi.MaxPrice)] decimal? Price = null
);

/// <summary>Feedback on several products or answers.</summary>
/// <param name="Feedback">1 to 1,000 items.</param>
internal sealed record FeedbackBatch(
    [property: Required, Length(1, FeedbackApi.MaxItems)] IReadOnlyList<FeedbackItem?>? Feedback
);

/// <summary>What became of feedback. Whether the answer that it names is known shows a few seconds later, in the figures.</summary>
/// <param name="Accepted">Items that are durable now.</param>
/// <param name="Repeated">Of them, those that had been said before.</param>
internal sealed record TakenFeedback(int Accepted, int Repeated);
