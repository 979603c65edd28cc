namespace Fecom.Platform.Messaging;

/// <summary>
/// Calls of librdkafka that hold their thread until Kafka answers, seconds when a broker is away. Each runs on a thread of its own:
/// on the thread pool a few of them, on a machine with few cores, would hold up everything else that the process does.
/// </summary>
internal static class BlockingCall
{
    public static Task<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(call, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>For work that blocks up to its first await at least.</summary>
    public static Task RunAsync(Func<Task> work, CancellationToken cancellationToken) =>
        RunAsync<Task>(work, cancellationToken).Unwrap();
}
