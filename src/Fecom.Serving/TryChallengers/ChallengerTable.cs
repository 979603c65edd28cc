using Fecom.Platform.Hosts;
using Fecom.Platform.Storage;
using Fecom.Serving.LoadModels;
using Npgsql;

namespace Fecom.Serving.TryChallengers;

/// <summary>What is set of a model's challenger, and which version it is.</summary>
internal sealed record ChallengerRow
{
    public required string Model { get; init; }

    /// <summary>What the alias stands for; null while it was never announced.</summary>
    public int? Version { get; init; }

    /// <summary>The number of the move of the alias.</summary>
    public long Promotion { get; init; }

    /// <summary>The number of the setting; 0 while there is none.</summary>
    public int Setting { get; init; }

    public double? CanaryShare { get; init; }

    public double? ShadowShare { get; init; }
}

/// <summary>SQL of <c>serving.challenger_setting</c>, whose rows are only added.</summary>
internal sealed class ChallengerTable(NpgsqlDataSource database, TimeProvider time)
{
    private const string Columns = """
        version as "Version", changed_at as "ChangedAt", changed_by as "ChangedBy", reason as "Reason", canary_share as "CanaryShare",
        shadow_share as "ShadowShare"
        """;

    /// <summary>What holds now, by model.</summary>
    public Task<IReadOnlyList<ChallengerRow>> NewestAsync(CancellationToken cancellationToken) =>
        database.QueryAsync<ChallengerRow>(
            """
            select model as "Model", a.version as "Version", coalesce(a.promotion, 0) as "Promotion", coalesce(s.version, 0) as "Setting",
                s.canary_share as "CanaryShare", s.shadow_share as "ShadowShare"
            from (select * from serving.model_alias where alias = @Challenger) a
            full join (
                select distinct on (model) * from serving.challenger_setting order by model, version desc) s using (model)
            """,
            new { ModelPromotions.Challenger },
            cancellationToken
        );

    /// <summary>Adds a setting of a model.</summary>
    /// <returns>The setting; null when another than <paramref name="replaces"/> holds.</returns>
    public async Task<ChallengerSetting?> AddAsync(
        string model,
        double canaryShare,
        double shadowShare,
        int? replaces,
        string by,
        string reason,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            ChallengerSetting? added = await database.FindAsync<ChallengerSetting>(
                $"""
                insert into serving.challenger_setting (model, version, changed_at, changed_by, reason, canary_share, shadow_share)
                select @model, coalesce(max(version), 0) + 1, @now, @by, @reason, @canaryShare, @shadowShare
                from serving.challenger_setting where model = @model
                having @replaces::int is null or coalesce(max(version), 0) = @replaces
                on conflict (model, version) do nothing
                returning {Columns}{Notices.Sql(ServingNotices.Challengers)}
                """,
                new
                {
                    model,
                    canaryShare,
                    shadowShare,
                    replaces,
                    by,
                    reason,
                    now = time.GetUtcNow().UtcDateTime,
                },
                cancellationToken
            );
            // Whoever names what it replaces has lost to another one; who does not comes after it.
            if (added is not null || replaces is not null)
            {
                return added;
            }
        }
    }

    /// <summary>Settings of a model below a number, newest first.</summary>
    public Task<IReadOnlyList<ChallengerSetting>> ListAsync(
        string model,
        long below,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<ChallengerSetting>(
            $"""
            select {Columns} from serving.challenger_setting where model = @model and version < @below
            order by version desc limit @limit
            """,
            new
            {
                model,
                below,
                limit,
            },
            cancellationToken
        );
}
