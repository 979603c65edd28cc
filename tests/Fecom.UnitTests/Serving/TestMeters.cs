using System.Diagnostics.Metrics;

namespace Fecom.UnitTests.Serving;

/// <summary>Meters of a test's own.</summary>
internal sealed class TestMeters : IMeterFactory
{
    public List<Meter> Made { get; } = [];

    public Meter Create(MeterOptions options)
    {
        Meter meter = new(options);
        Made.Add(meter);
        return meter;
    }

    public void Dispose() => Made.ForEach(meter => meter.Dispose());
}
