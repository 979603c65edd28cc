using System.Diagnostics.Metrics;
using Fecom.Platform.Services;

namespace Fecom.Training.WatchModels;

/// <summary>The newest reports as OpenTelemetry instruments, the same on every host: meter <c>Fecom.Training</c>.</summary>
internal sealed class WatchMetrics : SupervisedService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly WatchReports _reports;
    private readonly TimeProvider _time;
    private volatile IReadOnlyList<WatchReport> _current = [];

    public WatchMetrics(Supervision supervision, IMeterFactory meters, WatchReports reports, TimeProvider time)
        : base(supervision, "the metrics of drift")
    {
        _reports = reports;
        _time = time;
        Meter meter = meters.Create("Fecom.Training");
        meter.CreateObservableGauge(
            "fecom.training.feature.stability_index",
            () =>
                Of<DriftedFeature[]>(WatchKinds.Drift)
                    .SelectMany(found =>
                        found.Details.Select(f => Measured(f.StabilityIndex, found.Report, f.Feature))
                    ),
            "1",
            "Population stability index of a served feature against the champion's training set."
        );
        meter.CreateObservableGauge(
            "fecom.training.feature.skew",
            () =>
                Of<SkewedFeature[]>(WatchKinds.Skew)
                    .SelectMany(found =>
                        found.Details.Select(f => Measured(f.DifferingShare, found.Report, f.Feature))
                    ),
            "1",
            "Share of the predictions in which a served feature differed from the offline store's."
        );
        meter.CreateObservableGauge(
            "fecom.training.live.auc",
            () => Figures(figures => figures.Auc),
            "1",
            "Area under the ROC curve of the champion's logged predictions."
        );
        meter.CreateObservableGauge(
            "fecom.training.live.average_precision",
            () => Figures(figures => figures.AveragePrecision),
            "1",
            "Average precision of the champion's logged predictions."
        );
        meter.CreateObservableGauge(
            "fecom.training.live.calibration_error",
            () => Figures(figures => figures.CalibrationError),
            "1",
            "Calibration error of the champion's logged predictions."
        );
        meter.CreateObservableGauge(
            "fecom.training.watch.alert",
            () => _current.Select(report => Measured(report.Alert is null ? 0 : 1, report, feature: null)),
            "1",
            "1 while the newest report of a kind says that something is wrong."
        );
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, _time);
        do
        {
            _current = await _reports.CurrentAsync(stoppingToken);
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private IEnumerable<(WatchReport Report, T Details)> Of<T>(string kind) =>
        _current
            .Where(report => report.Kind == kind)
            .Select(report => (report, WatchReports.FromJson<T>(report.Details)));

    private IEnumerable<Measurement<double>> Figures(Func<LiveFigures, double?> figure) =>
        Of<LiveFigures>(WatchKinds.Quality)
            .Select(found => (found.Report, Figure: figure(found.Details)))
            .Where(found => found.Figure is not null)
            .Select(found => Measured(found.Figure!.Value, found.Report, feature: null));

    private static Measurement<double> Measured(double value, WatchReport report, string? feature)
    {
        KeyValuePair<string, object?> model = new("model", report.Model);
        return feature is null
            ? new Measurement<double>(value, model, new("kind", report.Kind))
            : new Measurement<double>(value, model, new("feature", feature));
    }
}
