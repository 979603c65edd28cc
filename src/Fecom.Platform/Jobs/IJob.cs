namespace Fecom.Platform.Jobs;

/// <summary>A piece of work that runs by a schedule or when somebody asks for it.</summary>
public interface IJob
{
    /// <summary>Does the work. One run of a job is under way at a time, over all hosts, unless <see cref="JobDefinition.RunsSideBySide"/>; after a host was killed in the middle, the same run begins anew on another.</summary>
    /// <param name="run">The run: what was requested, and where to report progress.</param>
    /// <param name="cancellationToken">Cancelled when the run is cancelled, when the host stops, and when this host has lost the job's lock.</param>
    /// <exception cref="RunNotNeededException">There is nothing to do.</exception>
    Task RunAsync(JobRun run, CancellationToken cancellationToken);
}

/// <summary>A run has nothing to do: it ends as cancelled, with the reason.</summary>
public sealed class RunNotNeededException(string reason) : Exception(reason);
