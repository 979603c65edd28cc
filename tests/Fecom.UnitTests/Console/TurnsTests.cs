using Fecom.WebConsole.Requests;
using Xunit;

namespace Fecom.UnitTests.WebConsole;

/// <summary>What pages do at the same tick is spread over the time after it, and none waits longer than that.</summary>
public sealed class TurnsTests
{
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Spread = TimeSpan.FromSeconds(2);

    private readonly ManualTime _time = new();
    private readonly Turns _turns;

    public TurnsTests() => _turns = new Turns(_time, Gap, Spread);

    [Fact]
    public void The_first_has_its_turn_at_once_and_the_next_a_gap_later()
    {
        Assert.Equal(TimeSpan.Zero, _turns.Take());
        Assert.Equal(Gap, _turns.Take());
    }

    [Fact]
    public void Twenty_at_the_same_tick_come_one_by_one()
    {
        TimeSpan[] turns = [.. Enumerable.Range(0, 20).Select(_ => _turns.Take())];

        Assert.All(turns.Zip(turns.Skip(1)), pair => Assert.True(pair.Second - pair.First > Gap / 3, $"{pair}"));
    }

    [Fact]
    public void However_many_come_none_waits_longer_than_the_spread()
    {
        TimeSpan[] turns = [.. Enumerable.Range(0, 10_000).Select(_ => _turns.Take())];

        Assert.Equal(turns, turns.Order());
        Assert.True(turns[^1] <= Spread, $"{turns[^1]}");
    }

    [Fact]
    public void A_queue_that_was_served_is_forgotten()
    {
        for (int i = 0; i < 20; i++)
        {
            _turns.Take();
        }

        _time.Advance(Spread);

        Assert.Equal([TimeSpan.Zero, Gap], [_turns.Take(), _turns.Take()]);
    }

    [Fact]
    public async Task A_turn_is_waited_for()
    {
        await _turns.NextAsync(TestContext.Current.CancellationToken);
        Task second = _turns.NextAsync(TestContext.Current.CancellationToken);

        _time.Advance(Gap - TimeSpan.FromMilliseconds(1));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await second;
    }
}
