using System.Threading.Channels;

namespace Fecom.Platform.Hosts;

/// <summary>A notice that somebody follows. One that comes while nobody waits is kept, several are one.</summary>
public sealed class Notice : IDisposable
{
    /// <summary>Without a notice one looks nevertheless after this time, and sooner while this host cannot hear any.</summary>
    private static readonly TimeSpan Heard = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Unheard = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _wakeUps = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly ITimer _timer;
    private readonly Action<Notice> _forget;

    internal Notice(string name, TimeProvider time, Action<Notice> forget)
    {
        Name = name;
        _forget = forget;
        _timer = time.CreateTimer(_ => Set(), null, Unheard, Unheard);
    }

    internal string Name { get; }

    /// <summary>Completes when there may be something to do.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) =>
        await _wakeUps.Reader.ReadAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _forget(this);
        _timer.Dispose();
    }

    internal void Set() => _wakeUps.Writer.TryWrite(true);

    /// <summary>From now on notices are heard, or no longer. What was asked for meanwhile was not.</summary>
    internal void Listen(bool listens)
    {
        Set();
        TimeSpan interval = listens ? Heard : Unheard;
        _timer.Change(interval, interval);
    }
}
