using System.Threading.Channels;

namespace Fecom.Ingestion.Shared.RunOnOneHost;

/// <summary>Wakes one waiter; a wake-up that nobody waits for yet is kept, several are one.</summary>
internal sealed class Signal
{
    private readonly Channel<bool> _wakeUps = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public void Set() => _wakeUps.Writer.TryWrite(true);

    public async Task WaitAsync(CancellationToken cancellationToken) =>
        await _wakeUps.Reader.ReadAsync(cancellationToken);

    /// <summary>Sets the signal again and again until disposed.</summary>
    public ITimer SetEvery(TimeSpan interval, TimeProvider time) =>
        time.CreateTimer(_ => Set(), null, TimeSpan.Zero, interval);
}
