using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fecom.Validation.BrowseInvalidEvents;

/// <summary>Reads what callers say of invalid events, and collects what is wrong with it.</summary>
internal sealed class InvalidEventQuery
{
    private const int MaxRuleLength = 64;
    private const int MaxSourceLength = 256;

    private readonly Dictionary<string, string[]> _problems = new(StringComparer.Ordinal);

    /// <summary>The answer to a question that makes no sense; null when it does.</summary>
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
