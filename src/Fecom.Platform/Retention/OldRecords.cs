using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Platform.Retention;

/// <summary>Deletes the platform's records that nothing needs any more, in small transactions, so that nobody waits for their locks.</summary>
internal sealed class OldRecords(
    NpgsqlDataSource database,
    KafkaCluster cluster,
    IOptions<RetentionOptions> options,
    TimeProvider time
)
{
    /// <summary>Deletes dead letters some time after they were resent, and much older ones that nobody has resent; one that is being resent stays.</summary>
    /// <returns>How many were deleted of each kind.</returns>
    public async Task<(long Resent, long Lost)> ForgetDeadLettersAsync(CancellationToken cancellationToken) =>
        (
            await PiecewiseDelete.RunAsync(
                database,
                "platform.dead_letter",
                "resent_at < @before",
                Before(options.Value.ResentDeadLetterDays),
                cancellationToken
            ),
            await PiecewiseDelete.RunAsync(
                database,
                "platform.dead_letter",
                "failed_at < @before and resend_asked_at is null",
                Before(options.Value.DeadLetterDays),
                cancellationToken
            )
        );

    /// <summary>Deletes offset moves that were applied.</summary>
    public Task<long> ForgetMovesAsync(CancellationToken cancellationToken) =>
        PiecewiseDelete.RunAsync(
            database,
            "platform.offset_move",
            "applied_at < @before",
            Before(options.Value.OffsetMoveDays),
            cancellationToken
        );

    /// <summary>
    /// Deletes the sinks' positions in sources that cannot send again: logs of embedded clusters that have ended, which were
    /// in the memory of a process, and files that have sent nothing for years. All other sources can send again, however old
    /// they are (an outbox, a captured table), and there are no more of them than topics and tables.
    /// </summary>
    public async Task<long> ForgetSourcesAsync(CancellationToken cancellationToken)
    {
        long forgotten = await PiecewiseDelete.RunAsync(
            database,
            "platform.sink_source",
            "starts_with(source, 'file:') and moved_at < @before",
            Before(options.Value.FileSourceDays),
            cancellationToken
        );
        if (cluster.IsEmbedded)
        {
            // An embedded cluster's name is 32 hexadecimal digits, a real one's has 22 characters.
            forgotten += await database.ExecuteAsync(
                "delete from platform.sink_source where source ~ '^kafka:[0-9a-f]{32}/' and not starts_with(source, @current)",
                new { current = $"kafka:{cluster.Id}/" },
                cancellationToken
            );
        }

        return forgotten;
    }

    private DateTime Before(int days) => time.GetUtcNow().UtcDateTime.AddDays(-days);
}
