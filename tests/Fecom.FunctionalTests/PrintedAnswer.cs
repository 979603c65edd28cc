using System.Text.Json;

namespace Fecom.FunctionalTests;

/// <summary>Compares an answer that the README prints with the one that the host gives.</summary>
internal static class PrintedAnswer
{
    /// <summary>Numbers of a model that was trained on the same rows may differ by this share from one processor to another.</summary>
    private const double Tolerance = 0.02;

    /// <summary>Fields that differ from answer to answer.</summary>
    private static readonly HashSet<string> Unique = ["recommendation_id"];

    /// <summary>The differences, each with its path. An ellipsis in the README stands for anything of its kind.</summary>
    public static IEnumerable<string> Differences(string printed, string actual) =>
        Compare(
            JsonDocument.Parse(printed.Replace("[…]", """["…"]""", StringComparison.Ordinal)).RootElement,
            JsonDocument.Parse(actual).RootElement,
            "$"
        );

    private static IEnumerable<string> Compare(JsonElement printed, JsonElement actual, string path)
    {
        if (printed.ValueKind != actual.ValueKind)
        {
            return [$"{path} is {actual}, and the README prints {printed}"];
        }

        return printed.ValueKind switch
        {
            JsonValueKind.Object => CompareObjects(printed, actual, path),
            JsonValueKind.Array => CompareArrays(printed, actual, path),
            JsonValueKind.Number when IsNear(printed.GetDouble(), actual.GetDouble()) => [],
            JsonValueKind.String when printed.GetString() is "…" || printed.GetString() == actual.GetString() => [],
            JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False => [],
            _ => [$"{path} is {actual}, and the README prints {printed}"],
        };
    }

    private static IEnumerable<string> CompareObjects(JsonElement printed, JsonElement actual, string path)
    {
        string[] names = [.. printed.EnumerateObject().Select(field => field.Name)];
        string[] given = [.. actual.EnumerateObject().Select(field => field.Name)];
        return names.SequenceEqual(given)
            ? names
                .Where(name => !Unique.Contains(name))
                .SelectMany(name => Compare(printed.GetProperty(name), actual.GetProperty(name), $"{path}.{name}"))
            : [$"{path} has the fields {string.Join(", ", given)}, and the README prints {string.Join(", ", names)}"];
    }

    private static IEnumerable<string> CompareArrays(JsonElement printed, JsonElement actual, string path)
    {
        if (
            printed.GetArrayLength() == 1
            && printed[0].ValueKind == JsonValueKind.String
            && printed[0].ValueEquals("…")
        )
        {
            return [];
        }

        return printed.GetArrayLength() == actual.GetArrayLength()
            ? printed
                .EnumerateArray()
                .Zip(actual.EnumerateArray())
                .SelectMany((pair, i) => Compare(pair.First, pair.Second, $"{path}[{i}]"))
            : [$"{path} has {actual.GetArrayLength()} elements, and the README prints {printed.GetArrayLength()}"];
    }

    private static bool IsNear(double printed, double actual) =>
        Math.Abs(printed - actual) <= Tolerance * Math.Abs(printed);
}
