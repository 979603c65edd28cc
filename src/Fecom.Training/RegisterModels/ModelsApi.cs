using System.Text.RegularExpressions;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Fecom.Training.RegisterModels;

/// <summary>The registry over HTTP: <c>GET /models</c>, <c>GET /models/{name}/versions</c>, <c>POST /models/{name}/aliases/{alias}</c>.</summary>
internal static partial class ModelsApi
{
    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/api/v1/models").WithTags("Training");
        group.MapGet("", ListAsync).WithSummary("Registered models and what their aliases stand for");
        group
            .MapGet("/{name}/versions", VersionsAsync)
            .WithSummary("A model's versions, newest first, with their metrics");
        group
            .MapPost("/{name}/aliases/{alias}", PointAsync)
            .WithSummary("Points an alias at a version: champion serves at once, so this rolls back too");
    }

    private static async Task<Ok<ModelList>> ListAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        IEnumerable<ModelRow> models = await connection.QueryAsync<ModelRow>(
            new CommandDefinition(
                """
                select m.name, m.created_at as CreatedAt, (select max(version) from training.model_version v where v.model = m.name) as NewestVersion
                from training.model m order by m.name
                """,
                cancellationToken: cancellationToken
            )
        );
        ILookup<string, AliasRow> aliases = await AliasesAsync(connection, null, cancellationToken);
        return TypedResults.Ok(
            new ModelList([
                .. models.Select(m => new ModelAnswer(
                    m.Name,
                    m.CreatedAt,
                    m.NewestVersion,
                    [.. aliases[m.Name].Select(a => new AliasAnswer(a.Alias, a.Version, a.ChangedAt))]
                )),
            ])
        );
    }

    internal static async Task<Results<Ok<VersionList>, ProblemHttpResult>> VersionsAsync(
        string name,
        NpgsqlDataSource database,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        List<VersionRow> versions =
        [
            .. await connection.QueryAsync<VersionRow>(
                new CommandDefinition(
                    """
                    select version, algorithm, format, run_id as RunId, sha256, size_bytes as SizeBytes, created_at as CreatedAt,
                        artifact_removed_at as ArtifactRemovedAt, notes
                    from training.model_version where model = @name order by version desc
                    """,
                    new { name },
                    cancellationToken: cancellationToken
                )
            ),
        ];
        if (versions.Count == 0)
        {
            return NotFound($"There is no model '{name}'.");
        }

        ILookup<string, AliasRow> aliases = await AliasesAsync(connection, name, cancellationToken);
        ILookup<long, MetricRow> metrics = (
            await connection.QueryAsync<MetricRow>(
                new CommandDefinition(
                    "select run_id as RunId, name, value from training.run_metric where run_id = any(@runs) order by run_id, name",
                    new { runs = versions.ConvertAll(v => v.RunId) },
                    cancellationToken: cancellationToken
                )
            )
        ).ToLookup(metric => metric.RunId);
        return TypedResults.Ok(
            new VersionList(
                name,
                versions.ConvertAll(v => new VersionAnswer(
                    v.Version,
                    v.Algorithm,
                    v.ArtifactRemovedAt is null && ModelFormats.CanLoad(name, v.Format),
                    v.RunId,
                    v.CreatedAt,
                    v.Sha256,
                    v.SizeBytes,
                    v.ArtifactRemovedAt,
                    v.Notes,
                    [.. aliases[name].Where(a => a.Version == v.Version).Select(a => a.Alias)],
                    metrics[v.RunId].ToDictionary(m => m.Name, m => m.Value)
                ))
            )
        );
    }

    private static async Task<Results<Ok<PointedAlias>, ValidationProblem, ProblemHttpResult>> PointAsync(
        string name,
        string alias,
        PointAlias request,
        Promotion promotion,
        CancellationToken cancellationToken
    )
    {
        if (!AliasName().IsMatch(alias))
        {
            return Invalid("alias", "An alias is 1 to 32 small letters, digits, - or _, and begins with a letter.");
        }

        if (request.Version is not int version)
        {
            return Invalid("version", "A version is needed.");
        }

        string reason = string.IsNullOrWhiteSpace(request.Reason) ? "By hand" : request.Reason;
        return await promotion.PromoteAsync(name, alias, version, reason, cancellationToken) switch
        {
            PointResult.Pointed => TypedResults.Ok(new PointedAlias(name, alias, version)),
            PointResult.ArtifactRemoved => TypedResults.Problem(
                $"The artifact of version {version} of model '{name}' was removed when newer versions came. GET /api/v1/models/{name}/versions shows which are there.",
                statusCode: StatusCodes.Status409Conflict
            ),
            _ => NotFound($"There is no version {version} of model '{name}'."),
        };
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

    private static ValidationProblem Invalid(string field, string message) =>
        TypedResults.ValidationProblem(new Dictionary<string, string[]> { [field] = [message] });

    private static ProblemHttpResult NotFound(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status404NotFound);

    [GeneratedRegex("^[a-z][a-z0-9_-]{0,31}$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex AliasName();

    private sealed record ModelRow(string Name, DateTime CreatedAt, int? NewestVersion);

    private sealed record AliasRow(string Model, string Alias, int Version, DateTime ChangedAt);

    private sealed record VersionRow
    {
        public int Version { get; init; }

        public string? Algorithm { get; init; }

        public int? Format { get; init; }

        public long RunId { get; init; }

        public string Sha256 { get; init; } = "";

        public long SizeBytes { get; init; }

        public DateTime CreatedAt { get; init; }

        public DateTime? ArtifactRemovedAt { get; init; }

        public string[] Notes { get; init; } = [];
    }

    private sealed record MetricRow(long RunId, string Name, double Value);
}
