using System.ComponentModel.DataAnnotations;

namespace Fecom.Warehouse.QueryGold;

/// <summary>A query.</summary>
internal sealed record QueryBody
{
    /// <summary>One SELECT, WITH, VALUES or TABLE. Names without a schema are gold's.</summary>
    [Required, Length(1, 100_000)]
    public string? Sql { get; init; }

    /// <summary>Rows at most; by default, and at most, those of <c>Warehouse:Query:MaxRows</c>.</summary>
    [Range(1, 100_000)]
    public int? Limit { get; init; }
}

/// <summary>What a query found.</summary>
/// <param name="Columns">In the query's order; two may have one name.</param>
/// <param name="Rows">Each with a value for each column. Numbers are numbers, those of more than 28 digits texts; times are RFC 3339, what JSON has no form for is as PostgreSQL writes it.</param>
/// <param name="TruncatedBy">Why further rows were left out: there are more than may be answered, or the values are too large. Null when all are here.</param>
/// <param name="ElapsedSeconds">How long it took.</param>
internal sealed record QueryAnswer(
    IReadOnlyList<QueryColumn> Columns,
    IReadOnlyList<IReadOnlyList<object?>> Rows,
    [property: AllowedValues("rows", "bytes", null)] string? TruncatedBy,
    double ElapsedSeconds
)
{
    public const string ByRows = "rows";
    public const string ByBytes = "bytes";
}

/// <summary>A column of an answer.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its PostgreSQL type.</param>
internal sealed record QueryColumn(string Name, string Type);
