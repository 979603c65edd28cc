using System.Globalization;
using System.Text.Json;

namespace Fecom.Warehouse.QueryGold;

/// <summary>A value of PostgreSQL as JSON has it: numbers, true and false, JSON as it is; times in RFC 3339; all else as PostgreSQL writes it.</summary>
internal static class QueryValue
{
    /// <summary>Digits up to which a decimal is exact.</summary>
    private const int ExactDigits = 28;

    /// <param name="type">The type's name.</param>
    /// <param name="text">The value, with times in UTC and in ISO's order.</param>
    public static object? Of(string type, string text) =>
        type switch
        {
            "smallint" or "integer" or "bigint" or "oid" when Whole(text) is { } number => number,
            "real" or "double precision" when Fraction(text) is { } number => number,
            "numeric" or "decimal" when Exact(text) is { } number => number,
            "boolean" => text == "t",
            "json" or "jsonb" => Json(text),
            "timestamp with time zone" when text.EndsWith("+00", StringComparison.Ordinal) =>
                $"{text[..^3].Replace(' ', 'T')}Z",
            "timestamp without time zone" when !text.Contains("BC", StringComparison.Ordinal) => text.Replace(' ', 'T'),
            _ => text,
        };

    private static long? Whole(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : null;

    private static double? Fraction(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        && double.IsFinite(number)
            ? number
            : null;

    /// <summary>Null for NaN, infinity, and a number with more digits than are kept: a text loses none.</summary>
    private static decimal? Exact(string text) =>
        text.Length <= ExactDigits
        && decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out decimal number)
            ? number
            : null;

    private static JsonElement Json(string text)
    {
        using JsonDocument json = JsonDocument.Parse(text);
        return json.RootElement.Clone();
    }
}
