using Fecom.Contracts;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Serving.LoadModels;

/// <summary>The promotions that were followed last, stored for the next start.</summary>
internal sealed class RememberedModels(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Stores a promotion, unless a later one is stored already.</summary>
    public Task RememberAsync(ModelPromoted promoted, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            insert into serving.served_model as s (model, version, artifact_path, sha256, promoted_at, loaded_at, promotion)
            values (@Model, @Version, @ArtifactPath, @Sha256, @PromotedAt, @now, @Promotion)
            on conflict (model) do update
            set version = excluded.version, artifact_path = excluded.artifact_path, sha256 = excluded.sha256,
                promoted_at = excluded.promoted_at, loaded_at = excluded.loaded_at, promotion = excluded.promotion
            where s.promotion <= excluded.promotion
            """,
            new
            {
                promoted.Model,
                promoted.Version,
                promoted.ArtifactPath,
                promoted.Sha256,
                promoted.PromotedAt,
                promoted.Promotion,
                now = time.GetUtcNow().UtcDateTime,
            },
            cancellationToken
        );

    public Task<IReadOnlyList<ModelPromoted>> ReadAsync(CancellationToken cancellationToken) =>
        database.QueryAsync<ModelPromoted>(
            """
            select model, version, @Champion as alias, artifact_path as ArtifactPath, sha256, promoted_at as PromotedAt, promotion
            from serving.served_model
            """,
            new { ModelPromotions.Champion },
            cancellationToken
        );
}
