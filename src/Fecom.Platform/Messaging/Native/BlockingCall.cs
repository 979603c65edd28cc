namespace Fecom.Platform.Messaging;

/// <summary>
/// Runs calls of libraries that block until a server answers (librdkafka, Hangfire's client), for seconds when it is unavailable, each on
/// a thread of its own: on a machine with few cores a few of them would use up the thread pool and delay everything else in the process.
/// </summary>
internal static class BlockingCall
{
    public static Task<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(call, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>For work that blocks up to its first await at least.</summary>
    public static Task RunAsync(Func<Task> work, CancellationToken cancellationToken) =>
        RunAsync<Task>(work, cancellationToken).Unwrap();
}
