using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>What is known of something that many visitors share, such as a product: how often it was looked at, carted and bought, when, and for how much.</summary>
public class TrafficState : EntityState
{
    private readonly TileSeries _fiveMinutes = new(TimeSpan.FromMinutes(5), 13);
    private readonly TileSeries _hours = new(TimeSpan.FromHours(1), 25);
    private readonly TileSeries _days = new(TimeSpan.FromDays(1), 31);
    private readonly DecayedCounts _decayed = new();
    private NewestEvent _newest;
    private UInt128 _priceSum;

    /// <inheritdoc/>
    public override DateTime EventTime => _newest.EventTime;

    /// <summary>The newest event, without its product and visitor.</summary>
    public ref readonly NewestEvent Newest => ref _newest;

    /// <summary>All events by type.</summary>
    public EventCounts Counts { get; private set; }

    /// <summary>The mean price over all events; zero before the first.</summary>
    public decimal PriceMean => Counts.All == 0 ? 0 : Money.AmountOf(_priceSum) / Counts.All;

    /// <summary>Natural logarithm of the newest price over the mean; 0 when they are the same.</summary>
    public double PriceToMean => PriceMean > 0 ? Math.Log((double)(_newest.Price / PriceMean)) : 0;

    /// <summary>The counts at a moment in which an event weighs half after every 64 days.</summary>
    public DecayedSum Decayed(DateTime at) => _decayed.At(at);

    /// <summary>The events of a window that ends at a moment: in full, and up to one tile more at its beginning.</summary>
    public EventCounts Sum(TrafficWindow window, DateTime at)
    {
        (TileSeries series, int tiles) = SeriesOf(window);
        return series.Sum(at, tiles);
    }

    /// <summary>Events of a window against what the next longer one lets expect: 1 when as many, 2 when twice as many (one event is added to both).</summary>
    public double Trend(TrafficWindow window, DateTime at)
    {
        (TileSeries series, int tiles) = SeriesOf(window);
        (TileSeries longer, int longerTiles) = SeriesOf(window + 1);
        double expected = longer.Sum(at, longerTiles).All * series.HoursOf(at, tiles) / longer.HoursOf(at, longerTiles);
        return (series.Sum(at, tiles).All + 1) / (expected + 1);
    }

    /// <inheritdoc/>
    public override void Step(BehaviorEvent e)
    {
        long time = EventOrder.TimeOf(e);
        EventCounts one = EventCounts.Of(e.EventType);
        _newest.OfferShared(e);
        Counts += one;
        _priceSum += Money.UnitsOf(e.Price);
        _fiveMinutes.Add(time, one);
        _hours.Add(time, one);
        _days.Add(time, one);
        _decayed.Add(time, e.EventType);
    }

    /// <inheritdoc/>
    protected override void Write(PackedWriter writer)
    {
        _newest.Write(writer);
        Counts.Write(writer);
        writer.Sum(_priceSum);
        _fiveMinutes.Write(writer);
        _hours.Write(writer);
        _days.Write(writer);
        _decayed.Write(writer);
    }

    /// <inheritdoc/>
    protected override void Read(ref PackedReader reader)
    {
        _newest = NewestEvent.Read(ref reader);
        Counts = EventCounts.Read(ref reader);
        _priceSum = reader.Sum();
        _fiveMinutes.Read(ref reader);
        _hours.Read(ref reader);
        _days.Read(ref reader);
        _decayed.Read(ref reader);
    }

    private (TileSeries Series, int Tiles) SeriesOf(TrafficWindow window) =>
        window switch
        {
            TrafficWindow.Hour => (_fiveMinutes, 12),
            TrafficWindow.Day => (_hours, 24),
            TrafficWindow.Week => (_days, 7),
            _ => (_days, 30),
        };
}

/// <summary>A window of time that ends now.</summary>
public enum TrafficWindow
{
    /// <summary>An hour, in tiles of 5 minutes.</summary>
    Hour,

    /// <summary>24 hours, in tiles of an hour.</summary>
    Day,

    /// <summary>7 days, in tiles of a day.</summary>
    Week,

    /// <summary>30 days, in tiles of a day.</summary>
    Month,
}
