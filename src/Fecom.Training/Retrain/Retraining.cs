using System.Globalization;
using Dapper;
using Fecom.Platform.Jobs;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Training.Retrain;

/// <summary>Starts a training because features or live quality have moved: once, however often that is found and by however many hosts, until the cool-down is over.</summary>
/// <remarks>The request is stored before the run is asked for, and the run that begins next takes it: a host that is killed in between leaves it to the next look.</remarks>
internal sealed class Retraining(
    NpgsqlDataSource database,
    JobStarter jobs,
    IOptions<WatchOptions> options,
    TimeProvider time
)
{
    /// <summary>Asks for a training.</summary>
    /// <param name="job">The job that trains.</param>
    /// <param name="reason">Why, for the run's record.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What came of it, for a person.</returns>
    public async Task<string> AskAsync(string job, string reason, CancellationToken cancellationToken)
    {
        if (!options.Value.Retrain)
        {
            return "No training is started: Training:Watch:Retrain is false.";
        }

        (DateTime askedAt, bool isOpen) = await StoreAsync(job, reason, cancellationToken);
        // Only if needed: a run that has begun takes the request a moment later, and one more that is asked for meanwhile has nothing to do.
        return isOpen
            ? Invariant(
                $"Run {await jobs.StartAsync(job, onlyIfNeeded: true, cancellationToken)} of {job} was asked for."
            )
            : Invariant(
                $"A training was started for such a reason at {askedAt:yyyy-MM-dd HH:mm} UTC; the next one is not before Training:Watch:CoolDown has passed."
            );
    }

    /// <summary>Stores a request, unless there is one whose cool-down is not over.</summary>
    /// <returns>When the newest request was made, and whether no training has taken it yet.</returns>
    private async Task<(DateTime AskedAt, bool IsOpen)> StoreAsync(
        string job,
        string reason,
        CancellationToken cancellationToken
    )
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Another host that looks at the same moment waits, and then finds the request.
        await connection.ExecuteAsync(
            new CommandDefinition(
                "select pg_advisory_xact_lock(hashtextextended('training.retraining ' || @job, 0))",
                new { job },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        (DateTime, bool) newest = await connection.QuerySingleAsync<(DateTime, bool)>(
            new CommandDefinition(
                """
                insert into training.retraining (job, asked_at, reason)
                select @job, @now, @reason
                where not exists (select from training.retraining where job = @job and asked_at > @since);
                select asked_at, run_id is null from training.retraining where job = @job order by id desc limit 1
                """,
                new
                {
                    job,
                    now,
                    reason,
                    since = now - options.Value.CoolDown,
                },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        await transaction.CommitAsync(cancellationToken);
        return newest;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
