using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse.QueryGold;

/// <summary>What a query over gold may take. Section <c>Warehouse:Query</c>.</summary>
internal sealed class QueryOptions
{
    /// <summary>Seconds that a query may take; PostgreSQL ends one that takes longer. The console waits 30 s for an answer. Default 10.</summary>
    [Range(1, 25)]
    public int MaxSeconds { get; set; } = 10;

    /// <summary>Rows of an answer; more are left out, and the answer says so. Default 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxRows { get; set; } = 1_000;

    /// <summary>KiB of the values of an answer; rows beyond are left out, and the answer says so. Default 4,096.</summary>
    [Range(1, 65_536)]
    public int MaxKibibytes { get; set; } = 4_096;

    /// <summary>Characters of a statement. Default 10,000.</summary>
    [Range(100, 100_000)]
    public int MaxCharacters { get; set; } = 10_000;

    /// <summary>Queries that run at once for this host; a further one is refused. Default 2.</summary>
    [Range(1, 64)]
    public int Concurrency { get; set; } = 2;

    /// <summary>PostgreSQL's role that runs queries. Default empty: the database's name with <c>_query</c> behind it.</summary>
    [MaxLength(63)]
    public string Role { get; set; } = "";

    /// <summary>The role's password, where an administrator made the role. Default empty: one that the host made.</summary>
    [MaxLength(200)]
    public string Password { get; set; } = "";
}

[OptionsValidator]
internal sealed partial class QueryOptionsValidator : IValidateOptions<QueryOptions>;
