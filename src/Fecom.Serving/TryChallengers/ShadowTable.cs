using Npgsql;
using NpgsqlTypes;

namespace Fecom.Serving.TryChallengers;

/// <summary>SQL of <c>serving.shadow_recommendation</c>: a partition a day.</summary>
internal sealed class ShadowTable(NpgsqlDataSource database)
{
    private readonly DailyPartitions _days = new("shadow_recommendation");

    /// <summary>Writes recommendations, all or none. The same may be given again after an attempt whose end was not heard.</summary>
    public async Task WriteAsync(IReadOnlyList<ShadowRecommendation> given, CancellationToken cancellationToken)
    {
        DateTime[] times = [.. given.Select(one => AnswerTime.Of(one.Id)!.Value)];
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await _days.EnsureAsync(connection, times, cancellationToken);
        try
        {
            await CopyAsync(connection, given, times, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // An id is given once, so these are there already, by an attempt that seemed to fail.
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CheckViolation)
        {
            _days.Forget();
            throw;
        }
    }

    /// <summary>Drops the days that have ended before a time.</summary>
    /// <returns>How many.</returns>
    public async Task<int> DropAsync(DateTime before, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await _days.DropAsync(connection, before, cancellationToken);
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection,
        IReadOnlyList<ShadowRecommendation> given,
        DateTime[] times,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBinaryImporter rows = await connection.BeginBinaryImportAsync(
            """
            copy serving.shadow_recommendation (served_at, recommendation_id, kind, champion_version, challenger_version, products, scores,
                challenger_products, challenger_scores)
            from stdin (format binary)
            """,
            cancellationToken
        );
        for (int i = 0; i < given.Count; i++)
        {
            ShadowRecommendation one = given[i];
            await rows.StartRowAsync(cancellationToken);
            await rows.WriteAsync(times[i], NpgsqlDbType.TimestampTz, cancellationToken);
            await rows.WriteAsync(one.Id, NpgsqlDbType.Uuid, cancellationToken);
            await rows.WriteAsync(one.Kind, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(one.ChampionVersion, NpgsqlDbType.Integer, cancellationToken);
            await rows.WriteAsync(one.ChallengerVersion, NpgsqlDbType.Integer, cancellationToken);
            await rows.WriteAsync(one.Products, NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(one.Scores, NpgsqlDbType.Array | NpgsqlDbType.Double, cancellationToken);
            await rows.WriteAsync(one.ChallengerProducts, NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(one.ChallengerScores, NpgsqlDbType.Array | NpgsqlDbType.Double, cancellationToken);
        }

        await rows.CompleteAsync(cancellationToken);
    }
}
