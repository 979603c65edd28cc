namespace Fecom.Learning.Boosting;

/// <summary>Has LightGBM train one model at a time in this process.</summary>
/// <remarks>
/// LightGBM keeps the number of its threads once for the whole process, and sizes a training's buffers by it. A training that begins with
/// more threads would let one that is under way write beyond its buffers, and the process would end.
/// </remarks>
internal static class LightGbmTraining
{
    private static readonly SemaphoreSlim Turn = new(1, 1);

    /// <summary>Waits until no other model is trained, then trains.</summary>
    /// <param name="fit">Trains the model.</param>
    /// <param name="cancellationToken">
    /// Returns at once. LightGBM itself cannot be interrupted between two trees through ML.NET: trees that are growing at that moment
    /// are grown to the end in the background and forgotten.
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
            return fit();
        }
        finally
        {
            Turn.Release();
        }
    }
}
