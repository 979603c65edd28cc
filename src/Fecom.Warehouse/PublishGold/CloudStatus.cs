using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.PublishGold;

/// <summary>How far the cloud warehouse is.</summary>
internal sealed class CloudStatus(NpgsqlDataSource database, IOptions<CloudOptions> options, TimeProvider time)
{
    /// <summary>Changes are counted up to here, so that asking costs the same however many wait.</summary>
    private const int MaxCounted = 100_000;

    public async Task<CloudBody> ReadAsync(CancellationToken cancellationToken)
    {
        StateRow state = await database.ReadAsync<StateRow>(
            """
            select t.identity as "Target", t.batch as "Batch", t.published_at as "PublishedAt", t.away_since as "AwaySince",
                t.failure as "Failure", w.changes as "WaitingChanges", w.oldest as "WaitingSince"
            from cloud.target t, (
                select count(*) as changes, min(noted_at) as oldest from (select noted_at from cloud.change limit @max) as counted) as w
            """,
            new { max = MaxCounted },
            cancellationToken
        );
        IReadOnlyList<CloudTableBody> tables = await database.QueryAsync<CloudTableBody>(
            """
            select table_name as "Name", published_at as "PublishedAt" from cloud.published_table order by table_name
            """,
            null,
            cancellationToken
        );
        DateTime now = time.GetUtcNow().UtcDateTime;
        return new CloudBody
        {
            Provider = options.Value.Provider,
            Target = state.Target,
            Batch = state.Batch,
            PublishedAt = state.PublishedAt,
            WaitingChanges = state.WaitingChanges,
            WaitingSeconds = Seconds(state.WaitingSince, now) ?? 0,
            AwaySeconds = Seconds(state.AwaySince, now),
            Failure = state.Failure,
            Tables = tables,
        };
    }

    private static double? Seconds(DateTime? since, DateTime now) =>
        since is { } begin ? Math.Round(Math.Max(0, (now - begin).TotalSeconds), 3) : null;

    private sealed record StateRow
    {
        public string? Target { get; init; }

        public long? Batch { get; init; }

        public DateTime? PublishedAt { get; init; }

        public DateTime? AwaySince { get; init; }

        public string? Failure { get; init; }

        public required long WaitingChanges { get; init; }

        public DateTime? WaitingSince { get; init; }
    }
}

/// <summary>How far the cloud warehouse is.</summary>
internal sealed record CloudBody
{
    /// <summary>What gold is published to: <c>CloudWarehouse:Provider</c>.</summary>
    [AllowedValues("none", "postgres", "stage")]
    public required string Provider { get; init; }

    /// <summary>The target; null while nothing was published to one.</summary>
    public string? Target { get; init; }

    /// <summary>The batch that it has; null when it has none.</summary>
    public long? Batch { get; init; }

    /// <summary>When it got that batch, UTC.</summary>
    public DateTime? PublishedAt { get; init; }

    /// <summary>Changes that wait, a slice of new events for one; counted up to 100,000.</summary>
    public required long WaitingChanges { get; init; }

    /// <summary>Age of the oldest of them, in seconds; 0 when there is none.</summary>
    public required double WaitingSeconds { get; init; }

    /// <summary>Seconds since the target first failed; null when its last answer was good.</summary>
    public double? AwaySeconds { get; init; }

    /// <summary>Why the last attempt failed; null when it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>Tables that the target has, by name.</summary>
    public required IReadOnlyList<CloudTableBody> Tables { get; init; }
}

/// <summary>A table of the cloud warehouse.</summary>
internal sealed record CloudTableBody
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>When rows of it were published last, UTC.</summary>
    public required DateTime PublishedAt { get; init; }
}
