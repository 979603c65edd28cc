namespace Fecom.Warehouse.Slices;

/// <summary>A rule that a slice must keep before it goes on.</summary>
/// <param name="Name">Its name, for programs.</param>
/// <param name="Meaning">What a row that fails it is, for a person: "events of which gold has no product".</param>
/// <param name="Failing">SQL that gives what fails as text, a row each; see <see cref="SliceTransaction"/> for its parameters.</param>
internal sealed record QualityRule(string Name, string Meaning, string Failing)
{
    /// <summary>Counts what fails, with five examples.</summary>
    public string Sql =>
        $"""
            select count(*), coalesce(string_agg(example, ', ' order by example) filter (where place <= 5), '')
            from (select example, row_number() over () as place from ({Failing}) as failing (example)) as placed
            """;
}

/// <summary>A slice fails a rule; nothing of it is promoted.</summary>
internal sealed class QualityException(string rule, long rows, string message) : Exception(message)
{
    public string Rule => rule;

    public long Rows => rows;
}
