using Fecom.Contracts;
using Fecom.Features.StreamFeatures;
using Fecom.Learning.Views;
using Fecom.Platform.Retention;
using Fecom.Platform.Storage;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.Features.DeleteUsers;

/// <summary>
/// The states of a user and of their sessions, in PostgreSQL and online. What products, categories, brands and the shop have
/// counted names nobody, and stays.
/// </summary>
internal sealed class UserStates(
    NpgsqlDataSource database,
    RedisConnection redis,
    OnlineStoreWriter online,
    TimeProvider time
) : IUserRecords
{
    /// <summary>Keys of one command.</summary>
    private const int PageSize = 1_000;

    /// <summary>How long the stream's own steps are given to reach Redis.</summary>
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public async Task<IReadOnlyDictionary<string, long>> DeleteAsync(
        DeletedUser user,
        CancellationToken cancellationToken
    )
    {
        long states = await DeleteStatesAsync(user, cancellationToken);
        // A state from before that is still on its way to Redis arrives first.
        await SettleAsync(cancellationToken);
        long gone =
            await DeleteOnlineAsync(FeatureViews.User, [user.UserId], cancellationToken)
            + await DeleteOnlineAsync(FeatureViews.Session, user.Sessions, cancellationToken);
        return new Dictionary<string, long> { ["features"] = states, ["redis"] = gone };
    }

    /// <summary>
    /// In one transaction, for which the stream waits: what it steps next no longer finds them. States that are being built may have been
    /// read from bronze before the user was deleted there, so they are waited for. The transaction also notes until when the user is
    /// forgotten: an attempt that finds that comes after it, and the states that there are now are of what the user did later.
    /// </summary>
    private async Task<long> DeleteStatesAsync(DeletedUser user, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (
            NpgsqlCommand turn = new("select pg_advisory_xact_lock($1)", connection)
            {
                CommandTimeout = 0,
                Parameters = { new() { Value = Materialization.LockKey } },
            }
        )
        {
            await turn.ExecuteNonQueryAsync(cancellationToken);
        }

        ForgottenKeys forgotten = await ForgottenKeys.ReadAsync(
            connection,
            StreamState.ForgottenTable,
            cancellationToken,
            [user.UserId]
        );
        if (forgotten.Forgets(user.UserId, user.Until))
        {
            return 0;
        }

        await ForgottenKeys.AddAsync(
            connection,
            StreamState.ForgottenTable,
            user.UserId,
            user.Until,
            cancellationToken
        );
        await using NpgsqlCommand delete = new(
            """
            with users as (delete from features.state_user where entity = $1 returning 1),
            sessions as (delete from features.state_session where entity = any($2) returning 1)
            select (select count(*) from users) + (select count(*) from sessions)
            """,
            connection
        )
        {
            CommandTimeout = 0,
            Parameters =
            {
                new() { Value = user.UserId },
                new() { Value = user.Sessions.ToArray() },
            },
        };
        long states = (long)(await delete.ExecuteScalarAsync(cancellationToken))!;
        await transaction.CommitAsync(cancellationToken);
        return states;
    }

    /// <summary>An entity that has a state again has it online too, in the place of the earlier one.</summary>
    private async Task<long> DeleteOnlineAsync(
        FeatureView view,
        IReadOnlyCollection<string> entities,
        CancellationToken cancellationToken
    )
    {
        IDatabase store = await redis.DatabaseAsync();
        StateTable table = new(view);
        long gone = 0;
        foreach (string[] some in entities.Chunk(PageSize))
        {
            List<FeatureState> anew = await OfflineStates.LivingAsync(
                database,
                table,
                some,
                time.GetUtcNow().UtcDateTime,
                cancellationToken
            );
            gone += await store.KeyDeleteAsync([
                .. some.Except(anew.Select(state => state.Entity), StringComparer.Ordinal)
                    .Select(entity => (RedisKey)FeatureKeys.Key(view.Name, entity)),
            ]);
        }

        return gone;
    }

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = new(Settles, time);
        using PeriodicTimer timer = new(Interval, time);
        while ((await online.BehindAsync(cancellationToken)).Count > 0)
        {
            if (end.IsCancellationRequested)
            {
                await online.CatchUpAsync(isScanAllowed: true, cancellationToken);
                return;
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
