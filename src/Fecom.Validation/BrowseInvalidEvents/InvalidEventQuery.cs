using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fecom.Validation.BrowseInvalidEvents;

/// <summary>Reads the parameters of calls about invalid events, and collects their errors.</summary>
internal sealed class InvalidEventQuery
{
    public const int MaxRuleLength = 64;
    public const int MaxSourceLength = 256;

    private readonly Dictionary<string, string[]> _problems = new(StringComparer.Ordinal);

    /// <summary>The answer to invalid parameters; null when all are valid.</summary>
    public ValidationProblem? Problem => _problems.Count == 0 ? null : TypedResults.ValidationProblem(_problems);

    public string? Rule(string? value) => Text("rule", value, MaxRuleLength);

    public string? Source(string? value) => Text("source", value, MaxSourceLength);

    public string? Text(string name, string? value, int max)
    {
        Require(
            value is null
                || (value.Length > 0 && value.Length <= max && !value.Contains('\0', StringComparison.Ordinal)),
            name,
            $"1 to {max} characters."
        );
        return value;
    }

    /// <summary>A time in UTC; an offset is taken into account.</summary>
    public static DateTime? Time(DateTimeOffset? value) => value?.UtcDateTime;

    public void Require(bool holds, string name, string otherwise)
    {
        if (!holds)
        {
            _problems[name] = [otherwise];
        }
    }
}
