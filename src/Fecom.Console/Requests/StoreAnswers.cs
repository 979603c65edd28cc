using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fecom.WebConsole.Requests;

/// <summary>What the calls on features and the warehouse answer.</summary>
internal static class StoreAnswers
{
    internal sealed record ViewList(IReadOnlyList<View> Views);

    internal sealed record View(string Name, string Entity, double TimeToLiveSeconds, IReadOnlyList<Feature> Features);

    internal sealed record Feature(string Name, string Type, string? Unit, string Meaning, JsonElement? Default);

    internal sealed record Online(string View, IReadOnlyList<Entity> Results);

    internal sealed record Entity(
        [property: JsonPropertyName("entity")] string Id,
        string Status,
        DateTime? EventTime,
        IReadOnlyDictionary<string, JsonElement>? Features
    );

    internal sealed record Comparison(
        OnlineSide Online,
        OfflineSide Offline,
        int Differing,
        IReadOnlyList<Compared> Features
    );

    internal sealed record OnlineSide(string Status, DateTime? EventTime);

    internal sealed record OfflineSide(int Events, DateTime? EventTime);

    internal sealed record Compared(string Name, JsonElement Online, JsonElement Offline, bool Differs);

    internal sealed record DriftList(IReadOnlyList<Drift> Reports);

    internal sealed record Drift(
        long Id,
        int Version,
        DateTime MeasuredAt,
        long Predictions,
        string? Alert,
        IReadOnlyList<Drifted> Features
    );

    internal sealed record Drifted(
        string Feature,
        double StabilityIndex,
        bool IsJudged,
        IReadOnlyList<double> Edges,
        IReadOnlyList<string> Categories,
        IReadOnlyList<double> Shares,
        IReadOnlyList<double> TrainingShares
    );

    internal sealed record TableList(IReadOnlyList<Table> Tables);

    internal sealed record Table(
        string Schema,
        string Name,
        string Kind,
        string? Comment,
        long? Rows,
        bool RowsEstimated,
        DateTime? LoadedAt,
        double BehindSeconds,
        IReadOnlyList<Column> Columns
    );

    internal sealed record Column(string Name, string Type, bool Nullable, string? Comment);

    internal sealed record QueryResult(
        IReadOnlyList<QueryColumn> Columns,
        IReadOnlyList<IReadOnlyList<JsonElement>> Rows,
        string? TruncatedBy,
        double ElapsedSeconds
    );

    internal sealed record QueryColumn(string Name, string Type);

    internal sealed record SliceList(IReadOnlyList<Piece> Slices);

    internal sealed record Piece(
        [property: JsonPropertyName("slice")] long Number,
        string State,
        long Events,
        DateTime FromTime,
        DateTime ToTime,
        string? FailedRule,
        long? FailedRows,
        string? Failure
    );

    internal sealed record Cloud(
        string Provider,
        string? Target,
        DateTime? PublishedAt,
        long WaitingChanges,
        double WaitingSeconds,
        double? AwaySeconds,
        string? Failure
    );
}
