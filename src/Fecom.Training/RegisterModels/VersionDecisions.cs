using System.Text.Json;
using Fecom.Platform.Storage;
using Fecom.Training.TrackRuns;
using Npgsql;

namespace Fecom.Training.RegisterModels;

/// <summary>What became of registered versions.</summary>
internal sealed class VersionDecisions(NpgsqlDataSource database)
{
    /// <summary>One of <see cref="Decisions"/>; null for a version from before it was kept.</summary>
    public Task<string?> FindAsync(RegisteredVersion version, CancellationToken cancellationToken) =>
        database.FindAsync<string>(
            "select decision from training.model_version where model = @Model and version = @Version",
            new { version.Model, version.Version },
            cancellationToken
        );

    /// <summary>Records that a version that had passed its other gates cannot serve.</summary>
    public Task RefuseAsync(RegisteredVersion version, string fault, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            update training.model_version set decision = @Refused, gates = coalesce(gates, '[]'::jsonb) || @checks::jsonb
            where model = @Model and version = @Version
            """,
            new
            {
                version.Model,
                version.Version,
                Decisions.Refused,
                checks = ToJson([new GateCheck(GateCheck.Serves, Passed: false, fault)]),
            },
            cancellationToken
        );

    public static string ToJson(IReadOnlyList<GateCheck> checks) => JsonSerializer.Serialize(checks, RunLog.Json);

    public static IReadOnlyList<GateCheck> FromJson(string? checks) =>
        checks is null ? [] : JsonSerializer.Deserialize<GateCheck[]>(checks, RunLog.Json)!;
}
