using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Platform.Hosts;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Serving.LoadModels;

/// <summary>A registered version, and where its artifact is.</summary>
internal sealed record KnownVersion(string Model, int Version, string ArtifactPath, string Sha256);

/// <summary>A version of a model that is to answer beside the champion.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct WantedVersion(string Model, int Version);

/// <summary>The versions that were announced, whatever alias stood for them, in PostgreSQL: so every host knows what one has heard.</summary>
internal sealed class KnownVersions(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Announcements are repeated; each is written once a host.</summary>
    private readonly ConcurrentDictionary<(string Model, string Alias), (long Promotion, string Sha256)> _written =
        new();

    /// <summary>
    /// Stores an announced version, and what its alias stands for. A challenger that becomes champion is none any more, as in the registry,
    /// also if the champion before it comes back.
    /// </summary>
    public async Task RememberAsync(ModelPromoted promoted, CancellationToken cancellationToken)
    {
        (long Promotion, string Sha256) announced = (promoted.Promotion, promoted.Sha256);
        if (_written.GetValueOrDefault((promoted.Model, promoted.Alias)) == announced)
        {
            return;
        }

        await database.ExecuteAsync(
            $"""
            insert into serving.known_version (model, version, artifact_path, sha256, known_at)
            values (@Model, @Version, @ArtifactPath, @Sha256, @now)
            on conflict (model, version) do update set artifact_path = excluded.artifact_path, sha256 = excluded.sha256;
            insert into serving.model_alias as a (model, alias, version, promotion) values (@Model, @Alias, @Version, @Promotion)
            on conflict (model, alias) do update set version = excluded.version, promotion = excluded.promotion
            where a.promotion <= excluded.promotion;
            delete from serving.model_alias
            where @Alias = @Champion and model = @Model and alias = @Challenger and version <= @Version
                and promotion < @Promotion{Notices.Sql(ServingNotices.Challengers)}
            """,
            new
            {
                promoted.Model,
                promoted.Alias,
                promoted.Version,
                promoted.ArtifactPath,
                promoted.Sha256,
                promoted.Promotion,
                ModelPromotions.Champion,
                ModelPromotions.Challenger,
                now = time.GetUtcNow().UtcDateTime,
            },
            cancellationToken
        );
        _written[(promoted.Model, promoted.Alias)] = announced;
    }

    /// <summary>A version; null when it was never announced.</summary>
    public Task<KnownVersion?> FindAsync(string model, int version, CancellationToken cancellationToken) =>
        database.FindAsync<KnownVersion>(
            """
            select model, version, artifact_path as ArtifactPath, sha256 from serving.known_version
            where model = @model and version = @version
            """,
            new { model, version },
            cancellationToken
        );
}
