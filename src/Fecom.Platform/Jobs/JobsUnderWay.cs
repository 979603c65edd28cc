using Fecom.Platform.Hosts;
using Npgsql;

namespace Fecom.Platform.Jobs;

/// <summary>Which jobs are under way, on whichever host: whether a run holds the job's lock, which ends with the host that has it.</summary>
public sealed class JobsUnderWay(NpgsqlDataSource database)
{
    /// <summary>Whether a run of a job is under way. False for up to 3 s after a break of the connection that holds its lock.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<bool> HasAsync(string job, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        return await AdvisoryLock.IsHeldAsync(connection, JobLocks.KeyOf(job), cancellationToken);
    }
}
