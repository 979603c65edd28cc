using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Training.TellPromotions;

/// <summary>Moves of aliases that the webhook does not have yet.</summary>
internal sealed class UntoldMoves(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Moves that could not be posted for so long are out of date and dropped.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromDays(1);

    /// <summary>The oldest one; null when there is none.</summary>
    public Task<AliasMoved?> NextAsync(CancellationToken cancellationToken) =>
        database.FindAsync<AliasMoved>(
            """
            select c.id, 'alias_moved' as event, c.model, c.alias, c.version,
                (select f.version from training.alias_change f
                 where f.model = c.model and f.alias = c.alias and f.id < c.id order by f.id desc limit 1) as FormerVersion,
                c.changed_at as MovedAt, c.moved_by as MovedBy, c.reason, c.restores is not null as IsRollback
            from training.alias_change c where not c.is_told and c.changed_at > @old order by c.id limit 1
            """,
            new { old = time.GetUtcNow().UtcDateTime - MaxAge },
            cancellationToken
        );

    /// <summary>The webhook has it.</summary>
    public Task ToldAsync(AliasMoved move, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update training.alias_change set is_told = true where id = @Id",
            new { move.Id },
            cancellationToken
        );
}
