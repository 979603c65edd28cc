using Fecom.Contracts;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Serving.SetRules;

/// <summary><c>/stock</c>: products that are out of stock are not recommended.</summary>
internal static class StockApi
{
    public const int MaxProducts = 10_000;
    private const int MaxErrors = 100;

    public static void MapStock(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapApi("stock", "Recommendation rules", "stock");
        group
            .MapPost("", SetAsync)
            .WithName("SetStock")
            .WithBodyExample("""{"products":[{"product_id":"37326829","in_stock":true}]}""")
            .WithSummary("Says which products are out of stock, and which are there again");
        group
            .MapGet("", ListAsync)
            .WithName("ListOutOfStock")
            .WithSummary("The products that are out of stock, and are not recommended");
    }

    private static async Task<Results<Ok<StockChanged>, ValidationProblem>> SetAsync(
        StockChange change,
        StockTable stock,
        RulesRefresh rules,
        CancellationToken cancellationToken
    )
    {
        if (Check(change.Products) is { Count: > 0 } errors)
        {
            return TypedResults.ValidationProblem(errors);
        }

        int changed = await stock.SetAsync([.. change.Products!.OfType<StockOfProduct>()], cancellationToken);
        await rules.RefreshAsync(cancellationToken);
        return TypedResults.Ok(new StockChanged(changed));
    }

    private static async Task<Results<Ok<OutOfStockList>, ValidationProblem>> ListAsync(
        StockTable stock,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<OutOfStockProduct> products = page.Of(await stock.ListAsync(page.Skip, page.Wanted, cancellationToken));
        return TypedResults.Ok(new OutOfStockList(products.Items, products.Next));
    }

    internal static Dictionary<string, string[]> Check(IReadOnlyList<StockOfProduct?>? products)
    {
        Dictionary<string, string[]> errors = new(StringComparer.Ordinal);
        if (products is not { Count: > 0 and <= MaxProducts })
        {
            errors["products"] = [$"1 to {MaxProducts} products are needed, {products?.Count ?? 0} were given."];
            return errors;
        }

        for (int i = 0; i < products.Count && errors.Count < MaxErrors; i++)
        {
            if (products[i]?.ProductId is not { } id || !OpaqueId.IsValid(id))
            {
                errors[$"products[{i}].product_id"] = [$"product_id {OpaqueId.Expected}."];
            }

            if (products[i]?.InStock is null)
            {
                errors[$"products[{i}].in_stock"] = ["in_stock is true or false."];
            }
        }

        return errors;
    }
}
