using Fecom.Platform.Messaging;

namespace Fecom.Training.TunePurchaseModel;

/// <summary>Keeps a trial this host's while it is measured: renews its lease, and says when it is lost or the study is no longer wanted.</summary>
internal sealed class TrialLease : IAsyncDisposable
{
    /// <summary>Renewals within the time of a lease.</summary>
    private const int Beats = 4;

    private readonly TrialTable _trials;
    private readonly TrialClaim _claim;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _watch;

    public TrialLease(TrialTable trials, TrialClaim claim, TimeSpan lease, TimeProvider time)
    {
        _trials = trials;
        _claim = claim;
        _lease = lease;
        _time = time;
        _watch = WatchAsync();
    }

    /// <summary>Cancelled when the trial is another host's, or nobody wants it any more.</summary>
    public CancellationToken Lost => _lost.Token;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _watch;
        _ended.Dispose();
        _lost.Dispose();
    }

    private async Task WatchAsync()
    {
        using PeriodicTimer timer = new(_lease / Beats, _time);
        long renewed = _time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                long asked = _time.GetTimestamp();
                bool? isOwn = await RenewAsync();
                renewed = isOwn == true ? asked : renewed;
                if (isOwn == false || _time.GetElapsedTime(renewed) > _lease)
                {
                    await _lost.CancelAsync();
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The trial is measured.
        }
    }

    /// <returns>Whether the trial is still this host's; null when PostgreSQL does not say.</returns>
    private async Task<bool?> RenewAsync()
    {
        try
        {
            return await _trials.RenewAsync(_claim, _ended.Token);
        }
        catch (Exception e) when (!_ended.IsCancellationRequested && Outage.Is(e))
        {
            return null;
        }
    }
}
