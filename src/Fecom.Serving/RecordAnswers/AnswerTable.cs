using Fecom.Platform.Retention;
using Fecom.Serving.LogPredictions;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Serving.RecordAnswers;

/// <summary>SQL of <c>serving.recommendation</c>: a partition a day.</summary>
internal sealed class AnswerTable(NpgsqlDataSource database)
{
    /// <summary>experiment, variant, unit, session.</summary>
    private const int ExposureColumns = 4;

    private readonly DailyPartitions _days = new("recommendation");

    /// <summary>Writes answers, all or none. The same answers may be given again after an attempt whose end was not heard.</summary>
    public async Task WriteAsync(IReadOnlyList<ServedAnswer> answers, CancellationToken cancellationToken)
    {
        DateTime[] times = [.. answers.Select(answer => AnswerTime.Of(answer.Id)!.Value)];
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await _days.EnsureAsync(connection, times, cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            Exposure?[] exposures = await ExposuresAsync(connection, answers, times, cancellationToken);
            await CopyAsync(connection, answers, times, exposures, cancellationToken);
            await AddSessionsAsync(connection, times, exposures, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
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

    /// <summary>What the answers are part of, but for visitors and sessions that were deleted meanwhile.</summary>
    private static async Task<Exposure?[]> ExposuresAsync(
        NpgsqlConnection connection,
        IReadOnlyList<ServedAnswer> answers,
        DateTime[] times,
        CancellationToken cancellationToken
    )
    {
        Exposure?[] exposures = [.. answers.Select(answer => answer.Exposure)];
        if (!Array.Exists(exposures, exposure => exposure is not null))
        {
            return exposures;
        }

        ForgottenKeys forgotten = await ForgottenKeys.ReadAsync(
            connection,
            PredictionTable.ForgottenTable,
            cancellationToken,
            [.. exposures.OfType<Exposure>().SelectMany(exposure => new[] { exposure.Unit, exposure.Session })]
        );
        for (int i = 0; i < exposures.Length; i++)
        {
            if (
                exposures[i] is { } exposure
                && (forgotten.Forgets(exposure.Unit, times[i]) || forgotten.Forgets(exposure.Session, times[i]))
            )
            {
                exposures[i] = null;
            }
        }

        return exposures;
    }

    /// <summary>Adds the answers to the sessions of the experiments, in the order of the keys: hosts that add to the same ones wait and do not lock each other.</summary>
    private static async Task AddSessionsAsync(
        NpgsqlConnection connection,
        DateTime[] times,
        Exposure?[] exposures,
        CancellationToken cancellationToken
    )
    {
        (Exposure Of, DateTime At)[] given =
        [
            .. exposures.Select((exposure, i) => (exposure!, times[i])).Where(one => one.Item1 is not null),
        ];
        if (given.Length == 0)
        {
            return;
        }

        await using NpgsqlCommand add = new(
            """
            insert into serving.experiment_session as e (experiment, unit, session, variant, first_at, answers)
            select experiment, unit, session, variant, min(at), count(*)
            from unnest($1, $2, $3, $4, $5) as given (experiment, unit, session, variant, at)
            group by 1, 2, 3, 4 order by 1, 2, 3, 4
            on conflict (experiment, unit, session, variant) do update
            set answers = e.answers + excluded.answers, first_at = least(e.first_at, excluded.first_at)
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = given.Select(one => one.Of.Experiment).ToArray() },
                new() { Value = given.Select(one => ForgottenKeys.Hash(one.Of.Unit)).ToArray() },
                new() { Value = given.Select(one => ForgottenKeys.Hash(one.Of.Session)).ToArray() },
                new() { Value = given.Select(one => one.Of.Variant).ToArray() },
                new() { Value = given.Select(one => one.At).ToArray() },
            },
        };
        await add.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection,
        IReadOnlyList<ServedAnswer> answers,
        DateTime[] times,
        Exposure?[] exposures,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBinaryImporter rows = await connection.BeginBinaryImportAsync(
            "copy serving.recommendation (served_at, recommendation_id, kind, model, model_version, rules_version, products, sources, experiment, variant, unit, session) from stdin (format binary)",
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
            await WriteAsync(rows, exposures[i], cancellationToken);
        }

        await rows.CompleteAsync(cancellationToken);
    }

    private static async Task WriteAsync(
        NpgsqlBinaryImporter rows,
        Exposure? exposure,
        CancellationToken cancellationToken
    )
    {
        if (exposure is null)
        {
            for (int column = 0; column < ExposureColumns; column++)
            {
                await rows.WriteNullAsync(cancellationToken);
            }

            return;
        }

        await rows.WriteAsync(exposure.Experiment, NpgsqlDbType.Text, cancellationToken);
        await rows.WriteAsync(exposure.Variant, NpgsqlDbType.Text, cancellationToken);
        await rows.WriteAsync(ForgottenKeys.Hash(exposure.Unit), NpgsqlDbType.Uuid, cancellationToken);
        await rows.WriteAsync(ForgottenKeys.Hash(exposure.Session), NpgsqlDbType.Uuid, cancellationToken);
    }
}
