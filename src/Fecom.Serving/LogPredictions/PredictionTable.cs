using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Fecom.Platform.Retention;
using Fecom.Platform.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Serving.LogPredictions;

/// <summary>The SQL of <c>serving.prediction_log</c>, of which each day (UTC) is a partition.</summary>
internal sealed class PredictionTable(NpgsqlDataSource database)
{
    /// <summary>Users and sessions of which nothing is logged any more that was predicted up to a time.</summary>
    public const string ForgottenTable = "serving.forgotten";

    private readonly DailyPartitions _days = new("prediction_log");

    /// <summary>The key of a session among those that are forgotten; a user's is the id.</summary>
    public static string SessionKey(string session) => $"session\n{session}";

    /// <summary>Writes predictions in one transaction, but those of users and sessions that were deleted meanwhile.</summary>
    public async Task WriteAsync(List<LoggedPrediction> batch, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await _days.EnsureAsync(connection, batch.Select(p => p.PredictedAt), cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        ForgottenKeys forgotten = await ForgottenKeys.ReadAsync(
            connection,
            ForgottenTable,
            cancellationToken,
            [.. batch.Select(p => p.UserId).OfType<string>(), .. batch.Select(p => SessionKey(p.UserSession))]
        );
        try
        {
            await CopyAsync(connection, batch.Where(p => !IsForgotten(forgotten, p)), cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CheckViolation)
        {
            _days.Forget();
            throw;
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Drops the days that ended before a time; whoever logs waits for seconds at most.</summary>
    /// <returns>How many.</returns>
    public async Task<int> ForgetAsync(DateTime before, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        int dropped = await _days.DropAsync(connection, before, cancellationToken);
        await database.ExecuteAsync(
            "delete from serving.forgotten where until < @before",
            new { before },
            cancellationToken
        );
        return dropped;
    }

    private static bool IsForgotten(ForgottenKeys forgotten, LoggedPrediction p) =>
        (p.UserId is { } user && forgotten.Forgets(user, p.PredictedAt))
        || forgotten.Forgets(SessionKey(p.UserSession), p.PredictedAt);

    private static async Task CopyAsync(
        NpgsqlConnection connection,
        IEnumerable<LoggedPrediction> predictions,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBinaryImporter rows = await connection.BeginBinaryImportAsync(
            """
            copy serving.prediction_log (predicted_at, at, model, version, user_id, user_session, product_id, probability, is_valid, layout,
                category_code_level1, category_code_level2, event_weekday, activity_count, price, brand, more, shown_probability)
            from stdin (format binary)
            """,
            cancellationToken
        );
        foreach (LoggedPrediction p in predictions)
        {
            SessionFeatures original = p.Features.Original;
            await rows.StartRowAsync(cancellationToken);
            await rows.WriteAsync(p.PredictedAt, NpgsqlDbType.TimestampTz, cancellationToken);
            await rows.WriteAsync(p.At, NpgsqlDbType.TimestampTz, cancellationToken);
            await rows.WriteAsync(p.Model, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(p.Version, NpgsqlDbType.Integer, cancellationToken);
            await WriteTextAsync(rows, p.UserId, cancellationToken);
            await rows.WriteAsync(p.UserSession, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(p.ProductId, NpgsqlDbType.Text, cancellationToken);
            await rows.WriteAsync(p.Probability, NpgsqlDbType.Real, cancellationToken);
            await rows.WriteAsync(p.IsValid, NpgsqlDbType.Boolean, cancellationToken);
            await rows.WriteAsync(PurchaseFeatures.Layout, NpgsqlDbType.Text, cancellationToken);
            await WriteTextAsync(rows, original.CategoryCodeLevel1, cancellationToken);
            await WriteTextAsync(rows, original.CategoryCodeLevel2, cancellationToken);
            await rows.WriteAsync(original.EventWeekday, NpgsqlDbType.Integer, cancellationToken);
            await rows.WriteAsync(original.ActivityCount, NpgsqlDbType.Integer, cancellationToken);
            await rows.WriteAsync(original.Price, NpgsqlDbType.Numeric, cancellationToken);
            await WriteTextAsync(rows, original.Brand, cancellationToken);
            await rows.WriteAsync(p.Features.More, NpgsqlDbType.Array | NpgsqlDbType.Real, cancellationToken);
            await rows.WriteAsync(p.ShownProbability, NpgsqlDbType.Real, cancellationToken);
        }

        await rows.CompleteAsync(cancellationToken);
    }

    private static Task WriteTextAsync(NpgsqlBinaryImporter rows, string? text, CancellationToken cancellationToken) =>
        text is null
            ? rows.WriteNullAsync(cancellationToken)
            : rows.WriteAsync(text, NpgsqlDbType.Text, cancellationToken);
}
