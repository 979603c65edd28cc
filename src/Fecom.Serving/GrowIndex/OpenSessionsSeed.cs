using Dapper;
using Fecom.Contracts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Serving.GrowIndex;

/// <summary>
/// Looks back over the newest events of bronze when the host starts, so that sessions which no model has learned yet are not forgotten by a restart. An event that comes
/// meanwhile may count twice in its session.
/// </summary>
internal sealed partial class OpenSessionsSeed(
    OpenSessions sessions,
    NpgsqlDataSource database,
    IOptions<ServingOptions> options,
    TimeProvider time,
    ILogger<OpenSessionsSeed> logger
)
{
    private const int MaxSeconds = 600;

    private bool _isRead;

    /// <summary>Reads them once; what went wrong is logged, and then the index knows what finishes from now on.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (_isRead)
        {
            return;
        }

        _isRead = true;
        try
        {
            await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
            IAsyncEnumerable<Row> rows = connection.QueryUnbufferedAsync<Row>(
                """
                select user_session as Session, product_id as Product, event_type as Type, event_time as EventTime, received_at as ReceivedAt
                from (
                    select user_session, product_id, event_type, event_time, received_at from bronze.validated_event
                    where event_time > @since and not sample order by received_at desc limit @rows
                ) e
                order by received_at, event_time
                """,
                new { since = time.GetUtcNow().UtcDateTime - OpenSessions.MaxAge, rows = options.Value.IndexSeedRows },
                commandTimeout: MaxSeconds
            );
            await foreach (Row row in rows.WithCancellation(cancellationToken))
            {
                if (BehaviorEventTypes.TryParse(row.Type, out BehaviorEventType type))
                {
                    sessions.Add(row.Session, row.Product, type, row.EventTime, row.ReceivedAt);
                }
            }
        }
        catch (NpgsqlException e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotSeeded(e.Message);
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The index of sessions knows of those that no model has learned only what finishes from now on: {Reason}"
    )]
    private partial void LogNotSeeded(string reason);

    private sealed record Row(string Session, string Product, string Type, DateTime EventTime, DateTime ReceivedAt);
}
