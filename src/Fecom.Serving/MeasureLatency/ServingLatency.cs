using System.Diagnostics.Metrics;

namespace Fecom.Serving.MeasureLatency;

/// <summary>
/// How long this host's predictions and recommendations took lately. It listens to ASP.NET Core's own measurement of requests, which
/// /metrics shows too, so that both say the same: from the request's first line to the end of the answer, a wait in the queue included.
/// </summary>
internal sealed class ServingLatency : IDisposable
{
    private const string Meter = "Microsoft.AspNetCore.Hosting";
    private const string Instrument = "http.server.request.duration";
    private const int Answered = 200;

    private readonly MeterListener _listener;

    public ServingLatency(IMeterFactory meters, TimeProvider time)
    {
        Predictions = new RecentLatency(time);
        Recommendations = new RecentLatency(time);
        _listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                // The scope is the host's factory: a process can have several hosts.
                if (
                    instrument.Name == Instrument
                    && instrument.Meter.Name == Meter
                    && ReferenceEquals(instrument.Meter.Scope, meters)
                )
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) => Add(seconds, tags));
        _listener.Start();
    }

    public RecentLatency Predictions { get; }

    public RecentLatency Recommendations { get; }

    public void Dispose() => _listener.Dispose();

    private void Add(double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        RecentLatency? kind = null;
        bool isAnswered = false;
        foreach ((string name, object? value) in tags)
        {
            if (name == "http.route" && value is string route)
            {
                kind =
                    route.Contains("/v1/predictions/", StringComparison.Ordinal) ? Predictions
                    : route.Contains("/v1/recommendations/", StringComparison.Ordinal) ? Recommendations
                    : null;
            }
            else if (name == "http.response.status_code")
            {
                isAnswered = value is Answered;
            }
        }

        if (isAnswered)
        {
            kind?.Add(seconds);
        }
    }
}
