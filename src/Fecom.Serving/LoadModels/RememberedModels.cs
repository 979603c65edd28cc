using Fecom.Contracts;
using Npgsql;

namespace Fecom.Serving.LoadModels;

/// <summary>What was loaded last, for the next start.</summary>
internal sealed class RememberedModels(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Remembers a promotion, unless a later one is remembered already.</summary>
    public async Task RememberAsync(ModelPromoted promoted, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            insert into serving.served_model as s (model, version, artifact_path, sha256, promoted_at, loaded_at, promotion)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (model) do update
            set version = excluded.version, artifact_path = excluded.artifact_path, sha256 = excluded.sha256,
                promoted_at = excluded.promoted_at, loaded_at = excluded.loaded_at, promotion = excluded.promotion
            where s.promotion <= excluded.promotion
            """
        );
        command.Parameters.AddRange(
            new NpgsqlParameter[]
            {
                new() { Value = promoted.Model },
                new() { Value = promoted.Version },
                new() { Value = promoted.ArtifactPath },
                new() { Value = promoted.Sha256 },
                new() { Value = promoted.PromotedAt },
                new() { Value = time.GetUtcNow().UtcDateTime },
                new() { Value = promoted.Promotion },
            }
        );
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<ModelPromoted>> ReadAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            "select model, version, artifact_path, sha256, promoted_at, promotion from serving.served_model"
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<ModelPromoted> remembered = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            remembered.Add(
                new ModelPromoted
                {
                    Model = reader.GetString(0),
                    Version = reader.GetInt32(1),
                    Alias = ModelPromotions.Champion,
                    ArtifactPath = reader.GetString(2),
                    Sha256 = reader.GetString(3),
                    PromotedAt = reader.GetDateTime(4),
                    Promotion = reader.GetInt64(5),
                }
            );
        }

        return remembered;
    }
}
