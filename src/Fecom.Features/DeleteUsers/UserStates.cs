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
        IDatabase store = await redis.DatabaseAsync();
        RedisKey[] keys =
        [
            FeatureKeys.Key(FeatureViews.User.Name, user.UserId),
            .. user.Sessions.Select(session => (RedisKey)FeatureKeys.Key(FeatureViews.Session.Name, session)),
        ];
        long gone = 0;
        foreach (RedisKey[] some in keys.Chunk(PageSize))
        {
            gone += await store.KeyDeleteAsync(some);
        }

        return new Dictionary<string, long> { ["features"] = states, ["redis"] = gone };
    }

    /// <summary>
    /// In one transaction, for which the stream waits: what it steps next no longer finds them. States that are being built may have been
    /// read from bronze before the user was deleted there, so they are waited for.
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
