using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Platform.Retention;

/// <summary>Forgets the platform's records that nothing needs any more, in small pieces, so that nobody waits for it.</summary>
internal sealed class OldRecords(
    NpgsqlDataSource database,
    KafkaCluster cluster,
    IEnumerable<SinkName> sinks,
    IOptions<RetentionOptions> options,
    TimeProvider time
)
{
    /// <summary>Forgets dead letters that were resent, and those that nobody has resent for much longer; one on its way stays.</summary>
    /// <returns>How many of either.</returns>
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

    /// <summary>Forgets moves of offsets that were made.</summary>
    public Task<long> ForgetMovesAsync(CancellationToken cancellationToken) =>
        PiecewiseDelete.RunAsync(
            database,
            "platform.offset_move",
            "applied_at < @before",
            Before(options.Value.OffsetMoveDays),
            cancellationToken
        );

    /// <summary>
    /// Forgets how far sinks had come in sources that cannot come again: in logs of embedded clusters that are gone, as these were
    /// in the memory of a process, and in files that have brought nothing for years. All other sources can come again, however old
    /// they are (an outbox, a captured table), and there are only as many as there are topics and tables.
    /// </summary>
    public async Task<long> ForgetSourcesAsync(CancellationToken cancellationToken)
    {
        long forgotten = 0;
        foreach (string schema in sinks.Select(sink => sink.Schema).Distinct(StringComparer.Ordinal))
        {
            forgotten += await PiecewiseDelete.RunAsync(
                database,
                $"{schema}.sink_source",
                "starts_with(source, 'file:') and moved_at < @before",
                Before(options.Value.FileSourceDays),
                cancellationToken
            );
            if (cluster.IsEmbedded)
            {
                // An embedded cluster's name is 32 hexadecimal digits, a real one's has 22 characters.
                forgotten += await database.ExecuteAsync(
                    $"delete from {schema}.sink_source where source ~ '^kafka:[0-9a-f]{{32}}/' and not starts_with(source, @current)",
                    new { current = $"kafka:{cluster.Id}/" },
                    cancellationToken
                );
            }
        }

        return forgotten;
    }

    private DateTime Before(int days) => time.GetUtcNow().UtcDateTime.AddDays(-days);
}
