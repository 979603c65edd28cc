using Fecom.Serving.ReadOnlineStore;
using Xunit;

namespace Fecom.UnitTests.Serving;

public sealed class OnlineStoreCircuitTests
{
    private readonly SetTime _time = new();

    [Fact]
    public void It_opens_after_misses_in_a_row_only()
    {
        OnlineStoreCircuit circuit = new(_time);
        Miss(circuit, OnlineStoreCircuit.MaxMisses - 1);
        circuit.Answered();
        Miss(circuit, OnlineStoreCircuit.MaxMisses - 1);
        Assert.True(circuit.MayAsk());

        circuit.Missed();

        Assert.False(circuit.MayAsk());
    }

    [Fact]
    public void While_it_is_open_one_request_tries_after_each_pause_and_an_answer_closes_it()
    {
        OnlineStoreCircuit circuit = new(_time);
        Miss(circuit, OnlineStoreCircuit.MaxMisses);

        _time.Ticks += OnlineStoreCircuit.Pause.Ticks;
        Assert.True(circuit.MayAsk());
        Assert.False(circuit.MayAsk());
        circuit.Missed();
        Assert.False(circuit.MayAsk());
        _time.Ticks += OnlineStoreCircuit.Pause.Ticks;
        Assert.True(circuit.MayAsk());
        circuit.Answered();

        Assert.True(circuit.MayAsk());
        Assert.True(circuit.MayAsk());
        Assert.False(circuit.IsOpen);
    }

    private static void Miss(OnlineStoreCircuit circuit, int times)
    {
        for (int i = 0; i < times; i++)
        {
            circuit.Missed();
        }
    }

    private sealed class SetTime : TimeProvider
    {
        public long Ticks { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Ticks;
    }
}
