using Fecom.Contracts;
using Fecom.Platform.Retention;
using Fecom.Serving.LogPredictions;
using Npgsql;

namespace Fecom.Serving.DeleteUsers;

/// <summary>The logged predictions of a user and of their sessions, those that wait in a host's memory among them.</summary>
internal sealed class UsersPredictions(NpgsqlDataSource database) : IUserRecords
{
    public async Task<IReadOnlyDictionary<string, long>> DeleteAsync(
        DeletedUser user,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using (NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken))
        {
            // Whoever writes is through by then, and what is written later is not theirs.
            await ForgottenKeys.AddAsync(
                connection,
                PredictionTable.ForgottenTable,
                user.UserId,
                user.Until,
                cancellationToken
            );
            await using NpgsqlCommand sessions = new(
                """
                insert into serving.forgotten as f (key, until) select distinct key, $2::timestamptz from unnest($1::uuid[]) as key
                on conflict (key) do update set until = greatest(f.until, excluded.until)
                """,
                connection
            )
            {
                Parameters =
                {
                    new()
                    {
                        Value = user
                            .Sessions.Select(session => ForgottenKeys.Hash(PredictionTable.SessionKey(session)))
                            .ToArray(),
                    },
                    new() { Value = user.Until },
                },
            };
            await sessions.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        await using NpgsqlCommand delete = new(
            """
            delete from serving.prediction_log
            where predicted_at <= $3 and (user_id = $1 or user_session = any($2))
            """,
            connection
        )
        {
            CommandTimeout = 0,
            Parameters =
            {
                new() { Value = user.UserId },
                new() { Value = user.Sessions.ToArray() },
                new() { Value = user.Until },
            },
        };
        long predictions = await delete.ExecuteNonQueryAsync(cancellationToken);
        return new Dictionary<string, long>
        {
            ["predictions"] = predictions,
            ["experiment_sessions"] = await DeleteFromExperimentsAsync(connection, user, cancellationToken),
        };
    }

    /// <summary>Their sessions in experiments go, and the answers that they got name no visitor any more: what they still say of these counts for no variant.</summary>
    private static async Task<long> DeleteFromExperimentsAsync(
        NpgsqlConnection connection,
        DeletedUser user,
        CancellationToken cancellationToken
    )
    {
        Guid[] keys =
        [
            ForgottenKeys.Hash(user.UserId),
            .. user.Sessions.Select(session => ForgottenKeys.Hash(PredictionTable.SessionKey(session))),
        ];
        await using NpgsqlBatch batch = new(connection)
        {
            Timeout = 0,
            BatchCommands =
            {
                new(
                    "update serving.recommendation set unit = null, session = null where served_at <= $2 and (unit = any($1) or session = any($1))"
                )
                {
                    Parameters =
                    {
                        new() { Value = keys },
                        new() { Value = user.Until },
                    },
                },
                new(
                    "delete from serving.experiment_session where first_at <= $2 and (unit = any($1) or session = any($1))"
                )
                {
                    Parameters =
                    {
                        new() { Value = keys },
                        new() { Value = user.Until },
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return (long)batch.BatchCommands[1].Rows;
    }
}
