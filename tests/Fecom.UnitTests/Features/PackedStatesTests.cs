using Fecom.Features.StreamFeatures;
using Xunit;

namespace Fecom.UnitTests.Features;

public sealed class PackedStatesTests
{
    private const int Block = 256 * 1024;

    [Theory]
    [InlineData(1, 300)]
    [InlineData(1_000, 1_000)]
    [InlineData(Block - 1, 5)]
    [InlineData(Block, 5)]
    [InlineData(Block + 1, 5)]
    public void Add_keeps_each_state_of_a_tick_as_it_came(int length, int count)
    {
        PackedStates states = new();
        for (int tick = 0; tick < 3; tick++)
        {
            states.Begin();
            int of = tick;
            ReadOnlyMemory<byte>[] kept =
            [
                .. Enumerable.Range(0, count).Select(i => states.Add(State(i + of, length))),
            ];

            Assert.All(kept, (state, i) => Assert.True(state.Span.SequenceEqual(State(i + of, length))));
            states.Release(states.Tick);
        }
    }

    [Fact]
    public void A_tick_takes_the_place_of_the_one_before_only_once_that_is_released()
    {
        PackedStates states = new();
        states.Begin();
        ReadOnlyMemory<byte> givenUp = states.Add(State(1, 100));
        states.Begin();
        ReadOnlyMemory<byte> released = states.Add(State(2, 100));
        Assert.True(givenUp.Span.SequenceEqual(State(1, 100)));

        states.Release(states.Tick);
        states.Begin();
        states.Add(State(3, 100));

        Assert.True(givenUp.Span.SequenceEqual(State(1, 100)));
        Assert.True(released.Span.SequenceEqual(State(3, 100)));
    }

    /// <summary>Redis took longer than two ticks: what it has still to write of the newer one must not change under it.</summary>
    [Fact]
    public void The_release_of_an_earlier_tick_does_not_give_away_the_blocks_of_the_one_that_has_begun_since()
    {
        PackedStates states = new();
        states.Begin();
        long first = states.Tick;
        states.Add(State(1, 100));
        states.Begin();
        ReadOnlyMemory<byte> unwritten = states.Add(State(2, 100));

        states.Release(first);
        states.Begin();
        states.Add(State(3, 100));

        Assert.True(unwritten.Span.SequenceEqual(State(2, 100)));
    }

    private static byte[] State(int number, int length)
    {
        byte[] state = new byte[length];
        Array.Fill(state, (byte)number);
        return state;
    }
}
