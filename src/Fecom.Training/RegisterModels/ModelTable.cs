using Dapper;
using Npgsql;

namespace Fecom.Training.RegisterModels;

/// <summary>What people ask of the registry: the models, their versions and what their aliases stand for.</summary>
internal sealed class ModelTable(NpgsqlDataSource database)
{
    /// <summary>The models by name.</summary>
    public async Task<IReadOnlyList<ModelAnswer>> ListAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        IEnumerable<ModelRow> models = await connection.QueryAsync<ModelRow>(
            new CommandDefinition(
                """
                select m.name, m.created_at as CreatedAt, v.version as NewestVersion, v.decision as NewestDecision, v.gates::text as NewestGates
                from training.model m
                left join lateral (
                    select version, decision, gates from training.model_version v where v.model = m.name order by version desc limit 1
                ) v on true
                order by m.name
                """,
                cancellationToken: cancellationToken
            )
        );
        ILookup<string, AliasRow> aliases = await AliasesAsync(connection, null, cancellationToken);
        return
        [
            .. models.Select(m => new ModelAnswer(
                m.Name,
                m.CreatedAt,
                m.NewestVersion,
                m.NewestDecision,
                m.NewestGates is null ? null : new GateVerdict(VersionDecisions.FromJson(m.NewestGates)).Reason,
                [.. aliases[m.Name].Select(a => new AliasAnswer(a.Alias, a.Version, a.ChangedAt))]
            )),
        ];
    }

    /// <summary>A model's versions, newest first; none when there is no such model.</summary>
    public async Task<IReadOnlyList<VersionAnswer>> VersionsAsync(string model, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        List<VersionRow> versions =
        [
            .. await connection.QueryAsync<VersionRow>(
                new CommandDefinition(
                    """
                    select version, algorithm, format, run_id as RunId, study_id as StudyId, sha256, size_bytes as SizeBytes, created_at as CreatedAt,
                        artifact_removed_at as ArtifactRemovedAt, decision, gates::text as Gates, description, notes
                    from training.model_version where model = @model order by version desc
                    """,
                    new { model },
                    cancellationToken: cancellationToken
                )
            ),
        ];
        ILookup<string, AliasRow> aliases = await AliasesAsync(connection, model, cancellationToken);
        ILookup<long, MetricRow> metrics = (
            await connection.QueryAsync<MetricRow>(
                new CommandDefinition(
                    "select run_id as RunId, name, value from training.run_metric where run_id = any(@runs) order by run_id, name",
                    new { runs = versions.ConvertAll(v => v.RunId) },
                    cancellationToken: cancellationToken
                )
            )
        ).ToLookup(metric => metric.RunId);
        return versions.ConvertAll(v => new VersionAnswer(
            v.Version,
            v.Algorithm,
            v.ArtifactRemovedAt is null && ModelFormats.CanLoad(model, v.Format),
            v.RunId,
            v.StudyId,
            v.CreatedAt,
            v.Sha256,
            v.SizeBytes,
            v.ArtifactRemovedAt,
            v.Decision,
            VersionDecisions.FromJson(v.Gates),
            v.Description,
            v.Notes,
            [.. aliases[model].Where(a => a.Version == v.Version).Select(a => a.Alias)],
            metrics[v.RunId].ToDictionary(m => m.Name, m => m.Value)
        ));
    }

    private static async Task<ILookup<string, AliasRow>> AliasesAsync(
        NpgsqlConnection connection,
        string? model,
        CancellationToken cancellationToken
    )
    {
        CommandDefinition query = new(
            """
            select model, alias, version, changed_at as ChangedAt from training.alias
            where @model::text is null or model = @model order by model, alias
            """,
            new { model },
            cancellationToken: cancellationToken
        );
        return (await connection.QueryAsync<AliasRow>(query)).ToLookup(alias => alias.Model);
    }

    private sealed record ModelRow
    {
        public string Name { get; init; } = "";

        public DateTime CreatedAt { get; init; }

        public int? NewestVersion { get; init; }

        public string? NewestDecision { get; init; }

        public string? NewestGates { get; init; }
    }

    private sealed record AliasRow(string Model, string Alias, int Version, DateTime ChangedAt);

    private sealed record VersionRow
    {
        public int Version { get; init; }

        public string? Algorithm { get; init; }

        public int? Format { get; init; }

        public long RunId { get; init; }

        public long? StudyId { get; init; }

        public string Sha256 { get; init; } = "";

        public long SizeBytes { get; init; }

        public DateTime CreatedAt { get; init; }

        public DateTime? ArtifactRemovedAt { get; init; }

        public string? Decision { get; init; }

        public string? Gates { get; init; }

        public string Description { get; init; } = "";

        public string[] Notes { get; init; } = [];
    }

    private sealed record MetricRow(long RunId, string Name, double Value);
}
