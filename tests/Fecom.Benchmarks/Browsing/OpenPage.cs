using Microsoft.Playwright;

namespace Fecom.Benchmarks.Browsing;

/// <summary>A page that stands open, with what comes to it from its host.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly IPage _page;
    private long _changes;

    public OpenPage(IBrowserContext context, IPage page)
    {
        (_context, _page) = (context, page);
        page.WebSocket += (_, socket) => socket.FrameReceived += (_, _) => Interlocked.Increment(ref _changes);
    }

    /// <summary>Messages that came to it: changes of what it shows, and every 15 seconds a sign of life.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>A page that the browser takes for hidden, or that follows its host no more, costs nothing.</summary>
    /// <exception cref="InvalidOperationException">It is such a one.</exception>
    public async Task CheckIsSeenAsync()
    {
        if (
            !await _page.EvaluateAsync<bool>(
                "document.visibilityState === 'visible' && document.documentElement.dataset.live === 'true'"
            )
        )
        {
            throw new InvalidOperationException($"{_page.Url} is open, and nobody could see it.");
        }
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();
}
