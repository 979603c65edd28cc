using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.LogPredictions;

/// <summary>
/// The sampled predictions that wait to be written. Whoever predicts never waits for it: while <see cref="Capacity"/> wait, as when
/// PostgreSQL is away, further ones are dropped and counted.
/// </summary>
internal sealed class PredictionLog
{
    /// <summary>Predictions that wait at most: about 5 MB.</summary>
    public const int Capacity = 10_000;

    private readonly Channel<LoggedPrediction> _waiting = Channel.CreateBounded<LoggedPrediction>(
        new BoundedChannelOptions(Capacity) { SingleReader = true }
    );

    private readonly Counter<long> _logged;
    private readonly Counter<long> _dropped;
    private readonly double _share;
    private ulong _place;

    public PredictionLog(IOptions<PredictionLogOptions> options, IMeterFactory meters)
    {
        _share = options.Value.Share;
        Meter meter = meters.Create("Fecom.Serving");
        _logged = meter.CreateCounter<long>(
            "fecom.serving.predictions.logged",
            "{prediction}",
            "Sampled predictions that were written to the log."
        );
        _dropped = meter.CreateCounter<long>(
            "fecom.serving.predictions.dropped",
            "{prediction}",
            "Sampled predictions that were not logged, because too many waited to be written."
        );
    }

    /// <summary>Whether the next prediction is one of the sample.</summary>
    public bool Samples() => SampledPlaces.Holds(Interlocked.Add(ref _place, SampledPlaces.Step), _share);

    /// <summary>Takes a sampled prediction, or drops it.</summary>
    public void Add(LoggedPrediction prediction)
    {
        if (!_waiting.Writer.TryWrite(prediction))
        {
            _dropped.Add(1);
        }
    }

    /// <summary>Waits until there is a prediction to take.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) =>
        await _waiting.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Moves what waits into a batch.</summary>
    /// <param name="batch">May hold some already.</param>
    /// <param name="size">Up to how many it holds then.</param>
    /// <returns>Whether it holds any.</returns>
    public bool Take(List<LoggedPrediction> batch, int size)
    {
        while (batch.Count < size && _waiting.Reader.TryRead(out LoggedPrediction? prediction))
        {
            batch.Add(prediction);
        }

        return batch.Count > 0;
    }

    /// <summary>Counts what was written.</summary>
    public void Wrote(int predictions) => _logged.Add(predictions);

    /// <summary>Counts what could not be written before the host stopped.</summary>
    public void Lost(int predictions) => _dropped.Add(predictions);
}
