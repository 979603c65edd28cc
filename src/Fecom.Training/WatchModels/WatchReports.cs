using System.Text.Json;
using Fecom.Platform.Storage;
using Fecom.Training.RegisterModels;
using Fecom.Training.TrackRuns;
using Npgsql;

namespace Fecom.Training.WatchModels;

/// <summary>What a report is of.</summary>
internal static class WatchKinds
{
    public const string Skew = "skew";

    public const string Drift = "drift";

    public const string Quality = "quality";
}

/// <summary>What was found of a model that serves.</summary>
internal sealed record WatchReport
{
    public long Id { get; init; }

    /// <summary>One of <see cref="WatchKinds"/>.</summary>
    public required string Kind { get; init; }

    public required string Model { get; init; }

    /// <summary>The champion that it speaks of; null for skew.</summary>
    public int? Version { get; init; }

    /// <summary>UTC.</summary>
    public DateTime MeasuredAt { get; init; }

    /// <summary>Predictions that were looked at.</summary>
    public required long Predictions { get; init; }

    /// <summary>What is wrong and what to do; null when nothing is.</summary>
    public string? Alert { get; init; }

    /// <summary>The figures, JSON.</summary>
    public required string Details { get; init; }
}

/// <summary>The SQL of <c>training.watch_report</c>.</summary>
internal sealed class WatchReports(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>A report that is older says nothing of today: the job that makes it was switched off.</summary>
    private static readonly TimeSpan Current = TimeSpan.FromDays(8);

    private static readonly TimeSpan Kept = TimeSpan.FromDays(400);

    private const string Columns = """
        id, kind, model, version, measured_at as MeasuredAt, predictions, alert, details::text as Details
        """;

    /// <summary>Details as they are stored.</summary>
    public static string ToJson<T>(T details) => JsonSerializer.Serialize(details, RunLog.Json);

    /// <summary>Details as they were found.</summary>
    public static T FromJson<T>(string details) => JsonSerializer.Deserialize<T>(details, RunLog.Json)!;

    /// <summary>Keeps a report, and forgets those that are more than a year old.</summary>
    public Task AddAsync(WatchReport report, CancellationToken cancellationToken)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        return database.ExecuteAsync(
            """
            insert into training.watch_report (kind, model, version, measured_at, predictions, alert, details)
            values (@Kind, @Model, @Version, @now, @Predictions, @Alert, @Details::jsonb);
            delete from training.watch_report where model = @Model and kind = @Kind and measured_at < @old
            """,
            new
            {
                report.Kind,
                report.Model,
                report.Version,
                now,
                old = now - Kept,
                report.Predictions,
                report.Alert,
                report.Details,
            },
            cancellationToken
        );
    }

    /// <summary>Reports of a kind, newest first.</summary>
    public Task<IReadOnlyList<WatchReport>> ListAsync(
        string model,
        string kind,
        long below,
        int count,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<WatchReport>(
            $"""
            select {Columns} from training.watch_report
            where model = @model and kind = @kind and id < @below order by id desc limit @count
            """,
            new
            {
                model,
                kind,
                below,
                count,
            },
            cancellationToken
        );

    /// <summary>The newest report of each kind that speaks of what serves now.</summary>
    public Task<IReadOnlyList<WatchReport>> CurrentAsync(CancellationToken cancellationToken) =>
        database.QueryAsync<WatchReport>(
            $"""
            select distinct on (model, kind) {Columns} from training.watch_report r
            where measured_at > @since and (
                version is null or version = (select a.version from training.alias a where a.model = r.model and a.alias = @champion))
            order by model, kind, id desc
            """,
            new { since = time.GetUtcNow().UtcDateTime - Current, champion = ModelRegistry.Champion },
            cancellationToken
        );
}
