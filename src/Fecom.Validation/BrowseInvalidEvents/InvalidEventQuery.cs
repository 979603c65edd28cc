using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fecom.Validation.BrowseInvalidEvents;

/// <summary>Reads what callers say of invalid events, and collects what is wrong with it.</summary>
internal sealed class InvalidEventQuery
{
    private const int LongestRule = 64;
    private const int LongestSource = 256;

    private readonly Dictionary<string, string[]> _problems = new(StringComparer.Ordinal);

    /// <summary>The answer to a question that makes no sense; null when it does.</summary>
    public ValidationProblem? Problem => _problems.Count == 0 ? null : TypedResults.ValidationProblem(_problems);

    public string? Rule(string? value) => Text("rule", value, LongestRule);

    public string? Source(string? value) => Text("source", value, LongestSource);

    public string? Text(string name, string? value, int longest)
    {
        Require(
            value is null
                || (value.Length > 0 && value.Length <= longest && !value.Contains('\0', StringComparison.Ordinal)),
            name,
            $"1 to {longest} characters."
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
