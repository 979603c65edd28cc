using System.Globalization;
using System.Text.Json;

namespace Fecom.Monolith;

/// <summary>What a starting host says of itself, for a person: from the bodies of <c>/health/ready</c>, the sources and the runs.</summary>
internal static class StartReport
{
    /// <summary>The checks that are not healthy, with what they say.</summary>
    public static string Unready(JsonElement health) =>
        string.Join(
            ", ",
            Checks(health)
                .Where(check => Text(check.Value, "status") != "healthy")
                .Select(check =>
                    Text(check.Value, "description") is { Length: > 0 } says ? $"{check.Name} ({says})" : check.Name
                )
        );

    /// <summary>The state of a check and what it says; null when there is none of that name.</summary>
    public static (string Status, string Description)? Check(JsonElement health, string name) =>
        Checks(health)
            .Where(check => check.Name == name)
            .Select(check => ((string, string)?)(Text(check.Value, "status"), Text(check.Value, "description")))
            .FirstOrDefault();

    /// <summary>The sources that come from files.</summary>
    public static IReadOnlyList<JsonElement> Files(JsonElement sources) =>
        [.. Array(sources, "sources").Where(source => Text(source, "kind") is "file" or "table" or "purchases")];

    /// <summary>Whether it is being read.</summary>
    public static bool IsLoading(JsonElement source) => Text(source, "state") == "loading";

    /// <summary>Whether there is more to come of a source. One that waits with a reason needs a person.</summary>
    public static bool IsBusy(JsonElement source) =>
        IsLoading(source)
        || (
            Text(source, "kind") == "file"
            && Text(source, "state") == "waiting"
            && Text(source, "last_error").Length == 0
        );

    /// <summary>One line on the files that are still being read.</summary>
    public static string Loading(IReadOnlyList<JsonElement> busy)
    {
        JsonElement source = busy.FirstOrDefault(IsLoading, busy[0]);
        double? total = Number(source, "total_bytes");
        string share =
            total > 0 && Number(source, "bytes") is { } bytes
                ? Format($", {Math.Floor(bytes * 100 / total.Value):0} %")
                : "";
        string rate = Number(source, "rows_per_second") is > 0 and var rows
            ? Format($", {Math.Floor(rows):N0} rows/s")
            : "";
        string left = Number(source, "seconds_left") is { } seconds
            ? Format($", {Math.Floor(seconds / 60):0}:{Math.Floor(seconds % 60):00} left")
            : "";
        string more = busy.Count > 1 ? $", {busy.Count - 1} more to come" : "";
        return Format($"loading {Name(source)}: {Rows(source):N0} rows{share}{rate}{left}{more}");
    }

    /// <summary>A line on a source that has been read or cannot be, with what a person should know of it; null when there is nothing to say.</summary>
    public static string? Loaded(JsonElement source)
    {
        string error = Text(source, "last_error");
        if (Rows(source) == 0 && error.Length == 0)
        {
            return null;
        }

        string malformed = Number(source, "malformed") is > 0 and var lines ? Format($", {lines:0} malformed") : "";
        string[] notes =
        [
            .. new[] { error, Text(source, "notice") }.Where(note => note.Length > 0).Select(note => $"; {note}"),
        ];
        return Format(
            $"{Name(source)}: {Text(source, "state")}, {Rows(source):0} rows{malformed}{string.Concat(notes)}"
        );
    }

    /// <summary>What models can learn from: a table's rows are not, its purchases are.</summary>
    public static double RowsToLearnFrom(IEnumerable<JsonElement> files) =>
        files.Where(file => Text(file, "kind") != "table").Sum(Rows);

    /// <summary>Why the newest training of each model failed, once both have been tried and none runs; null before.</summary>
    public static IReadOnlyList<string>? Untrained(JsonElement runs)
    {
        JsonElement[] newest =
        [
            .. Array(runs, "runs")
                .Where(run => Text(run, "job").StartsWith("train_", StringComparison.Ordinal))
                .GroupBy(run => Text(run, "job"), StringComparer.Ordinal)
                .Select(job => job.MaxBy(run => Number(run, "id") ?? 0)),
        ];
        return newest.Length < 2 || newest.Any(run => Text(run, "state") == "running")
            ? null
            :
            [
                .. newest
                    .Where(run => Text(run, "state") == "failed")
                    .Select(run =>
                        $"{Text(run, "job")}: {(Text(run, "error") is { Length: > 0 } error ? error : "failed")}"
                    ),
            ];
    }

    /// <summary>Without its kind and fingerprint.</summary>
    private static string Name(JsonElement source)
    {
        string name = Text(source, "name");
        name = name.StartsWith("file:", StringComparison.Ordinal) ? name["file:".Length..] : name;
        int fingerprint = name.LastIndexOf('@');
        return fingerprint < 0 ? name : name[..fingerprint];
    }

    private static double Rows(JsonElement source) => Number(source, "rows") ?? 0;

    private static IEnumerable<JsonProperty> Checks(JsonElement health) =>
        health.ValueKind == JsonValueKind.Object
        && health.TryGetProperty("checks", out JsonElement checks)
        && checks.ValueKind == JsonValueKind.Object
            ? checks.EnumerateObject()
            : [];

    private static IEnumerable<JsonElement> Array(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object
        && body.TryGetProperty(name, out JsonElement list)
        && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray()
            : [];

    private static string Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : "";

    private static double? Number(JsonElement of, string name) =>
        of.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : null;

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
