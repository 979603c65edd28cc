using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.LimitLoad;

/// <summary>
/// Bounds how many predictions and recommendations are under way at once. Those beyond it wait in a short queue, and are refused when
/// that is full or the wait too long: a host that is asked more than it can answer answers what it can in time.
/// </summary>
internal sealed class ServingLoad(IOptions<ServingOptions> options, TimeProvider time) : IDisposable
{
    private readonly ConcurrencyLimiter _limiter = new(
        new ConcurrencyLimiterOptions
        {
            PermitLimit = options.Value.MaxConcurrentRequests,
            QueueLimit = options.Value.MaxQueuedRequests,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        }
    );

    /// <summary>Waits for its turn.</summary>
    /// <returns>What ends with the request; not acquired when the request is refused.</returns>
    public async ValueTask<RateLimitLease> EnterAsync(CancellationToken cancellationToken)
    {
        RateLimitLease lease = _limiter.AttemptAcquire();
        if (lease.IsAcquired)
        {
            return lease;
        }

        using CancellationTokenSource timeout = new(options.Value.QueueTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            timeout.Token,
            cancellationToken
        );
        try
        {
            return await _limiter.AcquireAsync(permitCount: 1, either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return lease;
        }
    }

    public void Dispose() => _limiter.Dispose();
}
