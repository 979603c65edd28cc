using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Warehouse.ListTables;

/// <summary>What the warehouse has: <c>/api/v1/warehouse</c>.</summary>
internal static class WarehouseApi
{
    public static void MapTables(this IEndpointRouteBuilder warehouse)
    {
        warehouse
            .MapGet("tables", ListTablesAsync)
            .WithName("ListWarehouseTables")
            .WithSummary("The tables of bronze, silver and gold, with comments, columns, row counts and freshness");
        warehouse
            .MapGet("slices", ListSlicesAsync)
            .WithName("ListWarehouseSlices")
            .WithSummary(
                "Pieces of new events that have not come to gold, newest first, and the quality rule that each fails"
            );
    }

    private static async Task<Results<Ok<TableList>, ValidationProblem>> ListTablesAsync(
        WarehouseTables tables,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<TableBody> shown = page.Slice(await tables.ListAsync(cancellationToken));
        return TypedResults.Ok(new TableList(shown.Items, shown.Next));
    }

    private static async Task<Results<Ok<SliceList>, ValidationProblem>> ListSlicesAsync(
        WarehouseTables tables,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<SliceBody> shown = page.Of(
            await tables.ListSlicesAsync(page.Below, page.Wanted, cancellationToken),
            slice => slice.Slice
        );
        return TypedResults.Ok(new SliceList(shown.Items, shown.Next));
    }
}

/// <summary>The warehouse's tables.</summary>
/// <param name="Tables">By schema and name.</param>
/// <param name="Next">The cursor of the next page; null when there is none.</param>
internal sealed record TableList(IReadOnlyList<TableBody> Tables, string? Next);

/// <summary>A table.</summary>
/// <param name="Schema">The tier: <c>bronze</c>, <c>silver</c> or <c>gold</c>.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Kind"><c>table</c> or <c>view</c>.</param>
/// <param name="Comment">What a row is.</param>
/// <param name="Rows">Its rows; null of a view, and of a large table that PostgreSQL has not looked at yet.</param>
/// <param name="RowsEstimated">Whether <paramref name="Rows"/> is PostgreSQL's estimate: of tables above 8 MiB.</param>
/// <param name="LoadedAt">When its tier last took something in, UTC; null when it has nothing yet.</param>
/// <param name="BehindSeconds">Age of the oldest event of bronze that its tier has not, in seconds; 0 when it has all.</param>
/// <param name="Columns">Its columns, in their order.</param>
internal sealed record TableBody(
    [property: AllowedValues("bronze", "silver", "gold")] string Schema,
    string Name,
    [property: AllowedValues("table", "view")] string Kind,
    string? Comment,
    long? Rows,
    bool RowsEstimated,
    DateTime? LoadedAt,
    double BehindSeconds,
    IReadOnlyList<ColumnBody> Columns
);

/// <summary>A column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its PostgreSQL type.</param>
/// <param name="Nullable">Whether it may be null.</param>
/// <param name="Comment">What it holds.</param>
internal sealed record ColumnBody(string Name, string Type, bool Nullable, string? Comment);

/// <summary>Slices that have not come to gold.</summary>
/// <param name="Slices">The newest first.</param>
/// <param name="Next">The cursor of the next page; null when there is none.</param>
internal sealed record SliceList(IReadOnlyList<SliceBody> Slices, string? Next);

/// <summary>A piece of new events on its way.</summary>
internal sealed record SliceBody
{
    /// <summary>Its number.</summary>
    public required long Slice { get; init; }

    /// <summary>How far it is: <c>planned</c>, or <c>silver</c>.</summary>
    [AllowedValues("planned", "silver")]
    public required string State { get; init; }

    /// <summary>Its events, as bronze announced them.</summary>
    public required long Events { get; init; }

    /// <summary>No event of it is earlier, UTC.</summary>
    public required DateTime FromTime { get; init; }

    /// <summary>Every event of it is earlier, UTC.</summary>
    public required DateTime ToTime { get; init; }

    /// <summary>When it was planned, UTC.</summary>
    public required DateTime PlannedAt { get; init; }

    /// <summary>The quality rule that it fails; null when it fails none. It is tried again with every run of <c>load_warehouse</c>.</summary>
    public string? FailedRule { get; init; }

    /// <summary>Rows that fail the rule.</summary>
    public long? FailedRows { get; init; }

    /// <summary>What is wrong, with some of the rows.</summary>
    public string? Failure { get; init; }

    /// <summary>When it failed last, UTC.</summary>
    public DateTime? FailedAt { get; init; }
}
