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
        return new Dictionary<string, long> { ["predictions"] = await delete.ExecuteNonQueryAsync(cancellationToken) };
    }
}
