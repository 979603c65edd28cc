using System.Text.Json;
using Dapper;
using Fecom.Platform.Hosts;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Serving.RunExperiments;

/// <summary>What became of a change of an experiment.</summary>
/// <param name="Version">The new version; null when nothing was changed.</param>
/// <param name="Conflict">Why nothing was changed, a sentence; null when something was, or there is no such experiment.</param>
internal sealed record ExperimentChange(ExperimentVersion? Version, string? Conflict);

/// <summary>The experiments in PostgreSQL: versions, to which rows are only added.</summary>
internal sealed class ExperimentTable(NpgsqlDataSource database, TimeProvider time)
{
    private const string Columns = """
        change, name, version, changed_at as ChangedAt, changed_by as ChangedBy, reason, state, stopped_variants as StoppedVariants,
        by_guard as ByGuard, definition::text as Definition
        """;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>Adds an experiment as a draft.</summary>
    public Task<ExperimentChange> CreateAsync(
        ExperimentBody body,
        string by,
        string reason,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            body.Name!,
            (newest, _) =>
                newest is null
                    ? (
                        new Row
                        {
                            Name = body.Name!,
                            State = "draft",
                            Definition = Write(body),
                        },
                        null
                    )
                    : (null, $"There is an experiment '{body.Name}' already: its results go on under its name."),
            by,
            reason,
            byGuard: false,
            cancellationToken
        );

    /// <summary>Starts a draft, unless a running experiment is about one of its calls.</summary>
    public Task<ExperimentChange> StartAsync(
        string name,
        string by,
        string reason,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            name,
            (newest, running) =>
            {
                if (newest is not { State: "draft" })
                {
                    return (
                        null,
                        newest is null ? null
                        : newest.State == "running" ? $"Experiment '{name}' is running already."
                        : $"Experiment '{name}' was stopped. What it has shown stays as it is; a new experiment goes on."
                    );
                }

                IReadOnlyList<string> places = Read(newest).Definition.Places!;
                Row? other = running.FirstOrDefault(one => Read(one).Definition.Places!.Intersect(places).Any());
                return other is null
                    ? (newest with { State = "running" }, null)
                    : (
                        null,
                        $"Experiment '{other.Name}' is running for {string.Join(" and ", Read(other).Definition.Places!.Intersect(places))}: a call is of one running experiment at most. Stop that one first."
                    );
            },
            by,
            reason,
            byGuard: false,
            cancellationToken
        );

    /// <summary>Stops an experiment, running or not.</summary>
    public Task<ExperimentChange> StopAsync(
        string name,
        string by,
        string reason,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            name,
            (newest, _) =>
                newest is null ? (null, null)
                : newest.State == "stopped" ? (null, $"Experiment '{name}' was stopped already.")
                : (newest with { State = "stopped" }, null),
            by,
            reason,
            byGuard: false,
            cancellationToken
        );

    /// <summary>Stops a variant of a running experiment, and the experiment with the last one beside the control.</summary>
    public Task<ExperimentChange> StopVariantAsync(
        string name,
        string variant,
        string reason,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            name,
            (newest, _) =>
            {
                if (newest is not { State: "running" } || newest.StoppedVariants.Contains(variant))
                {
                    return (null, "It was stopped meanwhile.");
                }

                string[] stopped = [.. newest.StoppedVariants, variant];
                bool isLast = Read(newest).Definition.Variants!.Skip(1).All(one => stopped.Contains(one!.Name));
                return (newest with { StoppedVariants = stopped, State = isLast ? "stopped" : "running" }, null);
            },
            "the guard",
            reason,
            byGuard: true,
            cancellationToken
        );

    /// <summary>Number of the newest change of any; 0 while there is none.</summary>
    public Task<long> NewestChangeAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<long>("select coalesce(max(change), 0) from serving.experiment", null, cancellationToken);

    /// <summary>The newest version of an experiment; null when there is none.</summary>
    public async Task<ExperimentVersion?> FindAsync(string name, CancellationToken cancellationToken) =>
        (await VersionsAsync(name, long.MaxValue, 1, cancellationToken)).Select(one => one.Version).FirstOrDefault();

    /// <summary>Versions of an experiment below a number, newest first.</summary>
    public async Task<IReadOnlyList<(long Change, ExperimentVersion Version)>> VersionsAsync(
        string name,
        long below,
        int limit,
        CancellationToken cancellationToken
    ) =>
        Read(
            await database.QueryAsync<Row>(
                $"""
                select {Columns} from serving.experiment where name = @name and change < @below order by change desc limit @limit
                """,
                new
                {
                    name,
                    below,
                    limit,
                },
                cancellationToken
            )
        );

    /// <summary>The newest versions of experiments below a number, newest first.</summary>
    /// <param name="state">Only those in this state; null for all.</param>
    /// <param name="below">The number of a change.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<(long Change, ExperimentVersion Version)>> ListAsync(
        string? state,
        long below,
        int limit,
        CancellationToken cancellationToken
    ) =>
        Read(
            await database.QueryAsync<Row>(
                $"""
                select * from (
                    select distinct on (name) {Columns} from serving.experiment order by name, version desc) newest
                where (@state::text is null or state = @state) and change < @below order by change desc limit @limit
                """,
                new
                {
                    state,
                    below,
                    limit,
                },
                cancellationToken
            )
        );

    /// <summary>What the guard has stopped since a time, newest first.</summary>
    public async Task<IReadOnlyList<ExperimentVersion>> GuardedAsync(
        DateTime since,
        CancellationToken cancellationToken
    ) =>
        [
            .. Read(
                    await database.QueryAsync<Row>(
                        $"""
                        select {Columns} from serving.experiment where by_guard and changed_at > @since order by change desc limit 10
                        """,
                        new { since },
                        cancellationToken
                    )
                )
                .Select(one => one.Version),
        ];

    private async Task<ExperimentChange> ChangeAsync(
        string name,
        Func<Row?, IReadOnlyList<Row>, (Row? Next, string? Conflict)> change,
        string by,
        string reason,
        bool byGuard,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        // One change at a time: so numbers ascend in the order of the commits, and no two experiments start for one call.
        await connection.ExecuteAsync(Command("lock table serving.experiment in exclusive mode", null));
        Row[] all =
        [
            .. await connection.QueryAsync<Row>(
                Command(
                    $"select distinct on (name) {Columns} from serving.experiment order by name, version desc",
                    null
                )
            ),
        ];
        Row? newest = Array.Find(all, row => row.Name == name);
        (Row? next, string? conflict) = change(newest, [.. all.Where(row => row.State == "running" && row != newest)]);
        if (next is null)
        {
            return new ExperimentChange(null, conflict);
        }

        Row added = await connection.QuerySingleAsync<Row>(
            Command(
                $"""
                insert into serving.experiment (name, version, changed_at, changed_by, reason, state, stopped_variants, by_guard, definition)
                values (@name, @version, @now, @by, @reason, @State, @StoppedVariants, @byGuard, @Definition::jsonb)
                returning {Columns}{Notices.Sql(ServingNotices.Experiments)}
                """,
                new
                {
                    name,
                    version = (newest?.Version ?? 0) + 1,
                    now = time.GetUtcNow().UtcDateTime,
                    by,
                    reason,
                    next.State,
                    next.StoppedVariants,
                    byGuard,
                    next.Definition,
                }
            )
        );
        await transaction.CommitAsync(cancellationToken);
        return new ExperimentChange(Read(added), null);

        CommandDefinition Command(string sql, object? parameters) =>
            new(sql, parameters, transaction, cancellationToken: cancellationToken);
    }

    private static string Write(ExperimentBody body) => JsonSerializer.Serialize(body, Json);

    private static IReadOnlyList<(long Change, ExperimentVersion Version)> Read(IReadOnlyList<Row> rows) =>
        [.. rows.Select(row => (row.Change, Read(row)))];

    private static ExperimentVersion Read(Row row) =>
        new(
            row.Name,
            row.Version,
            row.State,
            new DateTimeOffset(row.ChangedAt, TimeSpan.Zero),
            row.ChangedBy,
            row.Reason,
            row.StoppedVariants,
            JsonSerializer.Deserialize<ExperimentBody>(row.Definition, Json)!
        );

    private sealed record Row
    {
        public long Change { get; init; }

        public required string Name { get; init; }

        public int Version { get; init; }

        public DateTime ChangedAt { get; init; }

        public string ChangedBy { get; init; } = "";

        public string Reason { get; init; } = "";

        public required string State { get; init; }

        public string[] StoppedVariants { get; init; } = [];

        public bool ByGuard { get; init; }

        public required string Definition { get; init; }
    }
}
