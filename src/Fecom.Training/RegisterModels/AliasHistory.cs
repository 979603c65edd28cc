using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Training.RegisterModels;

/// <summary>What an alias stood for, and what a rollback goes back to.</summary>
internal sealed class AliasHistory(NpgsqlDataSource database)
{
    /// <summary>The changes of an alias, newest first.</summary>
    /// <param name="model">The model.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="before">Below this number.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<AliasChangeAnswer>> ListAsync(
        string model,
        string alias,
        long before,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<AliasChangeAnswer>(
            """
            select id as Promotion, version, changed_at as ChangedAt, moved_by as MovedBy, reason, restores is not null as IsRollback
            from training.alias_change where model = @model and alias = @alias and id < @before order by id desc limit @limit
            """,
            new
            {
                model,
                alias,
                before,
                limit,
            },
            cancellationToken
        );

    /// <summary>
    /// The change that a rollback restores: the newest one to another version whose artifact is there, apart from rollbacks and what
    /// they have undone, so that one rollback after the other goes further back. Null when there is none.
    /// </summary>
    public async Task<FormerVersion?> FindFormerAsync(
        string model,
        string alias,
        CancellationToken cancellationToken
    ) =>
        (
            await database.QueryAsync<FormerVersion>(
                """
                select c.id as Change, c.version
                from training.alias_change c
                join training.alias a using (model, alias)
                join training.model_version v on v.model = c.model and v.version = c.version
                where c.model = @model and c.alias = @alias and c.restores is null and not c.undone
                    and c.version <> a.version and v.artifact_removed_at is null
                order by c.id desc limit 1
                """,
                new { model, alias },
                cancellationToken
            )
        ).FirstOrDefault();
}

/// <summary>A version that an alias stood for.</summary>
/// <param name="Change">The number of the change by which it came to stand for it.</param>
/// <param name="Version">The version.</param>
internal sealed record FormerVersion(long Change, int Version);

/// <summary>An alias came to stand for a version.</summary>
/// <param name="Promotion">The change's number, which grows: the one that announcements carry.</param>
/// <param name="Version">The version.</param>
/// <param name="ChangedAt">When, UTC.</param>
/// <param name="MovedBy">Who or what moved it: a training run, or a caller of the API. Null for changes from before it was kept.</param>
/// <param name="Reason">Why.</param>
/// <param name="IsRollback">Whether it went back to a former version by a rollback.</param>
internal sealed record AliasChangeAnswer(
    long Promotion,
    int Version,
    DateTime ChangedAt,
    string? MovedBy,
    string Reason,
    bool IsRollback
);

/// <summary>What an alias stood for.</summary>
/// <param name="Model">The model.</param>
/// <param name="Alias">The alias.</param>
/// <param name="Changes">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record AliasChangeList(
    string Model,
    string Alias,
    IReadOnlyList<AliasChangeAnswer> Changes,
    string? Next
);
