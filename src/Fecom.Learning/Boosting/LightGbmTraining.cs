namespace Fecom.Learning.Boosting;

/// <summary>Has LightGBM train one model at a time in this process.</summary>
/// <remarks>
/// LightGBM keeps the number of its threads once for the whole process, and sizes a training's buffers by it. A training that begins with
/// more threads would let one that is under way write beyond its buffers, and the process would end.
/// What has its turn may train several models side by side, all with the same number of threads.
/// </remarks>
internal static class LightGbmTraining
{
    private static readonly SemaphoreSlim Turn = new(1, 1);
    private static readonly AsyncLocal<bool> HasTurn = new();

    /// <summary>What calls LightGBM's own interface asks this first: without a turn the process could end at any time.</summary>
    /// <exception cref="InvalidOperationException">The caller is not within <see cref="Run"/>.</exception>
    public static void RequireTurn()
    {
        if (!HasTurn.Value)
        {
            throw new InvalidOperationException("LightGBM is called outside LightGbmTraining.Run.");
        }
    }

    /// <summary>Waits until no other model is trained, then trains.</summary>
    /// <param name="fit">Trains the model.</param>
    /// <param name="cancellationToken">
    /// Returns at once; what is being trained at that moment goes on in the background and is forgotten: through ML.NET to its last tree, as it
    /// cannot be interrupted between two trees.
    /// </param>
    public static T Run<T>(Func<T> fit, CancellationToken cancellationToken) =>
        Task.Run(() => RunAsync(fit, cancellationToken), cancellationToken)
            .WaitAsync(cancellationToken)
            .GetAwaiter()
            .GetResult();

    private static async Task<T> RunAsync<T>(Func<T> fit, CancellationToken cancellationToken)
    {
        await Turn.WaitAsync(cancellationToken);
        try
        {
            HasTurn.Value = true;
            return fit();
        }
        finally
        {
            Turn.Release();
        }
    }
}
