using Fecom.Platform.Storage;
using Fecom.Training.TrackRuns;
using Npgsql;

namespace Fecom.Training.TellMlflow;

/// <summary>A finished training that MLflow does not have yet.</summary>
/// <param name="Id">The training's number.</param>
/// <param name="Key">By which MLflow knows it.</param>
internal sealed record UntoldRun(long Id, Guid Key);

/// <summary>An alias of which MLflow knows something else than what is.</summary>
/// <param name="Model">The model.</param>
/// <param name="Alias">The alias.</param>
/// <param name="Version">What it stands for; null when it is gone.</param>
/// <param name="MlflowVersion">That version's number at MLflow; null when MLflow does not have it.</param>
/// <param name="IsTold">Whether MLflow has such an alias.</param>
internal sealed record UntoldAlias(string Model, string Alias, int? Version, string? MlflowVersion, bool IsTold);

/// <summary>How things stand with MLflow.</summary>
/// <param name="Waiting">Finished trainings that were not told yet.</param>
/// <param name="Since">Since when it takes nothing, UTC; null when it does.</param>
/// <param name="Reason">Why it takes nothing.</param>
/// <param name="RefusedRun">The newest finished training, where MLflow refused it.</param>
/// <param name="Refusal">Why.</param>
internal sealed record MlflowState(long Waiting, DateTime? Since, string? Reason, long? RefusedRun, string? Refusal);

/// <summary>What MLflow was not told yet. A row stays until MLflow has all of it.</summary>
internal sealed class UntoldRuns(NpgsqlDataSource database, TimeProvider time)
{
    private DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>The oldest one; null when there is none.</summary>
    public Task<UntoldRun?> NextAsync(CancellationToken cancellationToken) =>
        database.FindAsync<UntoldRun>(
            """
            select id, mlflow_key as Key from training.run
            where mlflow_key is not null and mlflow_told_at is null and mlflow_refusal is null and finished_at is not null
            order by id limit 1
            """,
            null,
            cancellationToken
        );

    /// <summary>MLflow has begun to have it.</summary>
    public Task FoundAsync(UntoldRun run, string found, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update training.run set mlflow_run_id = @found where id = @Id",
            new { found, run.Id },
            cancellationToken
        );

    /// <summary>MLflow has it.</summary>
    public Task ToldAsync(UntoldRun run, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update training.run set mlflow_told_at = @Now where id = @Id",
            new { Now, run.Id },
            cancellationToken
        );

    /// <summary>MLflow does not take it.</summary>
    public Task RefusedAsync(UntoldRun run, string reason, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update training.run set mlflow_refusal = @reason where id = @Id",
            new { reason, run.Id },
            cancellationToken
        );

    /// <summary>What was refused may be taken now: settings have changed, or the server's.</summary>
    public Task ForgetRefusalsAsync(CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update training.run set mlflow_refusal = null where mlflow_refusal is not null",
            null,
            cancellationToken
        );

    /// <summary>A version is in MLflow's registry.</summary>
    public Task RegisteredAsync(ArtifactAnswer version, string number, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update training.model_version set mlflow_version = @number where model = @Model and version = @Version",
            new
            {
                number,
                version.Model,
                version.Version,
            },
            cancellationToken
        );

    /// <summary>Aliases that moved since MLflow was told. Not those of a version whose training has not ended: MLflow will have it. MLflow keeps the names <c>latest</c> and <c>v1</c> for itself.</summary>
    public Task<IReadOnlyList<UntoldAlias>> AliasesAsync(CancellationToken cancellationToken) =>
        database.QueryAsync<UntoldAlias>(
            """
            select model, alias, a.version, case when a.version is not null then v.mlflow_version end as MlflowVersion,
                t.mlflow_version is not null as IsTold
            from training.alias a
            full join training.mlflow_alias t using (model, alias)
            left join training.model_version v using (model)
            left join training.run r on r.id = v.run_id
            where (v.version = a.version or a.version is null and v.version = t.version)
                and (a.version, case when a.version is not null then v.mlflow_version end)
                    is distinct from (t.version, t.mlflow_version)
                and (a.version is null or r.finished_at is not null)
                and alias !~ '^(latest|v[0-9]+)$'
            order by model, alias
            """,
            null,
            cancellationToken
        );

    /// <summary>MLflow was told an alias.</summary>
    public Task ToldAsync(UntoldAlias alias, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            delete from training.mlflow_alias where model = @Model and alias = @Alias;
            insert into training.mlflow_alias (model, alias, version, mlflow_version)
            select @Model, @Alias, @Version, @MlflowVersion where @Version::integer is not null
            """,
            new
            {
                alias.Model,
                alias.Alias,
                alias.Version,
                alias.MlflowVersion,
            },
            cancellationToken
        );

    /// <summary>MLflow takes nothing.</summary>
    public Task FailsAsync(string reason, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            insert into training.mlflow_outage (since, reason) values (@Now, @reason)
            on conflict (is_only) do update set reason = excluded.reason
            """,
            new { Now, reason },
            cancellationToken
        );

    /// <summary>MLflow takes what it is told.</summary>
    public Task WorksAsync(CancellationToken cancellationToken) =>
        database.ExecuteAsync("delete from training.mlflow_outage where is_only", null, cancellationToken);

    public Task<MlflowState> StateAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<MlflowState>(
            """
            select w.waiting, o.since, o.reason, case when n.mlflow_refusal is not null then n.id end as RefusedRun,
                n.mlflow_refusal as Refusal
            from (
                select count(*) as waiting from training.run
                where mlflow_key is not null and mlflow_told_at is null and mlflow_refusal is null and finished_at is not null
            ) w
            left join training.mlflow_outage o on true
            left join lateral (
                select id, mlflow_refusal from training.run
                where mlflow_key is not null and (mlflow_told_at is not null or mlflow_refusal is not null)
                order by id desc limit 1
            ) n on true
            """,
            null,
            cancellationToken
        );
}
