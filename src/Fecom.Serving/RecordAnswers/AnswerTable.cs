using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Serving.RecordAnswers;

/// <summary>SQL of <c>serving.recommendation</c>: a partition a day.</summary>
internal sealed class AnswerTable(NpgsqlDataSource database)
{
    private const string NameFormat = "'recommendation_'yyyyMMdd";

    private readonly HashSet<DateOnly> _days = [];

    /// <summary>Writes answers, all or none. The same answers may be given again after an attempt whose end was not heard.</summary>
    public async Task WriteAsync(IReadOnlyList<ServedAnswer> answers, CancellationToken cancellationToken)
    {
        DateTime[] times = [.. answers.Select(answer => AnswerTime.Of(answer.Id)!.Value)];
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (DateOnly day in times.Select(DateOnly.FromDateTime).Distinct().Where(day => !_days.Contains(day)))
        {
            await CreateAsync(connection, day, cancellationToken);
            _days.Add(day);
        }

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
            // Somebody has dropped a partition: the next attempt makes it again.
            _days.Clear();
            throw;
        }
    }

    /// <summary>Drops the days that have ended before a time.</summary>
    /// <returns>How many.</returns>
    public async Task<int> DropAsync(DateTime before, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        List<string> old = [];
        await using (
            NpgsqlCommand select = new(
                """
                select relname::text from pg_class c join pg_inherits i on i.inhrelid = c.oid
                where i.inhparent = 'serving.recommendation'::regclass and relname < $1
                order by relname
                """,
                connection
            )
            {
                Parameters = { new() { Value = Name(DateOnly.FromDateTime(before)) } },
            }
        )
        {
            await using NpgsqlDataReader reader = await select.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                old.Add(reader.GetString(0));
            }
        }

        foreach (string partition in old)
        {
            // A name of the catalog, made by CreateAsync alone.
            await ExecuteAsync(connection, $"drop table serving.{partition}", cancellationToken);
        }

        return old.Count;
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

    private static async Task CreateAsync(
        NpgsqlConnection connection,
        DateOnly day,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await ExecuteAsync(
                connection,
                $"""
                create table if not exists serving.{Name(day)} partition of serving.recommendation
                for values from ('{day:yyyy-MM-dd}T00:00:00Z') to ('{day.AddDays(1):yyyy-MM-dd}T00:00:00Z')
                """,
                cancellationToken
            );
        }
        catch (PostgresException e)
            when (e.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateTable)
        {
            // Another host has made it at the same moment.
        }
    }

    private static string Name(DateOnly day) => day.ToString(NameFormat, CultureInfo.InvariantCulture);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
