using Npgsql;
using NpgsqlTypes;

namespace Fecom.Serving.RecordAnswers;

/// <summary>SQL of <c>serving.recommendation</c>: a partition a day.</summary>
internal sealed class AnswerTable(NpgsqlDataSource database)
{
    private readonly DailyPartitions _days = new("recommendation");

    /// <summary>Writes answers, all or none. The same answers may be given again after an attempt whose end was not heard.</summary>
    public async Task WriteAsync(IReadOnlyList<ServedAnswer> answers, CancellationToken cancellationToken)
    {
        DateTime[] times = [.. answers.Select(answer => AnswerTime.Of(answer.Id)!.Value)];
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await _days.EnsureAsync(connection, times, cancellationToken);
        try
        {
            await CopyAsync(connection, answers, times, cancellationToken);
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
        IReadOnlyList<ServedAnswer> answers,
        DateTime[] times,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBinaryImporter rows = await connection.BeginBinaryImportAsync(
            "copy serving.recommendation (served_at, recommendation_id, kind, model, model_version, rules_version, products, sources) from stdin (format binary)",
            cancellationToken
        );
        for (int i = 0; i < answers.Count; i++)
        {
            ServedAnswer answer = answers[i];
            await rows.StartRowAsync(cancellationToken);
            await rows.WriteAsync(times[i], NpgsqlDbType.TimestampTz, cancellationToken);
            await rows.WriteAsync(answer.Id, NpgsqlDbType.Uuid, cancellationToken);
            await rows.WriteAsync(answer.Kind, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(answer.Model.Name, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(answer.Model.Version, NpgsqlDbType.Integer, cancellationToken);
            await rows.WriteAsync(answer.RulesVersion, NpgsqlDbType.Integer, cancellationToken);
            await rows.WriteAsync(answer.Products, NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(answer.Sources, NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
        }

        await rows.CompleteAsync(cancellationToken);
    }
}
