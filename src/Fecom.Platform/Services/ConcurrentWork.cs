namespace Fecom.Platform.Services;

/// <summary>Runs pieces of work beside each other that only make sense together.</summary>
public static class ConcurrentWork
{
    /// <summary>Runs the pieces until the first one ends, then cancels the others and waits for them. The outcome is the first one's.</summary>
    /// <param name="cancellationToken">Cancels all of them.</param>
    /// <param name="pieces">The pieces; each must end when its token is cancelled.</param>
    public static async Task UntilFirstEndsAsync(
        CancellationToken cancellationToken,
        params IReadOnlyList<Func<CancellationToken, Task>> pieces
    )
    {
        using CancellationTokenSource together = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] work = [.. pieces.Select(piece => piece(together.Token))];
        try
        {
            await await Task.WhenAny(work);
        }
        finally
        {
            await together.CancelAsync();
            // Their failures follow from the cancellation; the first one's outcome is what counts.
            await Task.WhenAll(work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
