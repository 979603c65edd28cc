using Fecom.Monolith;
using Xunit;

namespace Fecom.UnitTests.Monolith;

/// <summary>Calls are counted by the second, whoever makes them at once.</summary>
public sealed class CallWindowTests
{
    private readonly Clock _clock = new();

    [Fact]
    public void Each_key_counts_for_itself_and_anew_in_the_next_second()
    {
        CallWindow<string> window = new(_clock);

        Assert.Equal([1, 2, 1], ((string[])["shop", "shop", "other"]).Select(window.Count));
        _clock.Ticks += _clock.TimestampFrequency - 1;
        Assert.Equal(3, window.Count("shop"));
        _clock.Ticks++;
        Assert.Equal([1, 1], ((string[])["shop", "other"]).Select(window.Count));
    }

    [Fact]
    public void No_call_of_several_threads_is_counted_twice_or_not_at_all()
    {
        CallWindow<string> window = new(_clock);

        int[] counts = [.. Enumerable.Range(0, 10_000).AsParallel().Select(_ => window.Count("shop"))];

        Assert.Equal(Enumerable.Range(1, 10_000), counts.Order());
    }

    private sealed class Clock : TimeProvider
    {
        public long Ticks { get; set; } = 5 * System.TimestampFrequency;

        public override long GetTimestamp() => Ticks;
    }
}
