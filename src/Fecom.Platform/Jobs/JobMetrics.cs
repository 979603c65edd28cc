using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Fecom.Platform.Jobs;

/// <summary>How runs of jobs ended on this host, and how long they took.</summary>
internal sealed class JobMetrics
{
    public const string Completed = "completed";
    public const string Failed = "failed";
    public const string Cancelled = "cancelled";

    private readonly Histogram<double> _duration;

    public JobMetrics(IMeterFactory meters) =>
        _duration = meters
            .Create("Fecom.Jobs")
            .CreateHistogram(
                "fecom.job.run.duration",
                "s",
                "Time that a run of a job took until it ended, a try of its own each.",
                advice: new InstrumentAdvice<double>
                {
                    HistogramBucketBoundaries = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600],
                }
            );

    /// <summary>A run has ended.</summary>
    public void Ended(string job, string state, TimeSpan time) =>
        _duration.Record(time.TotalSeconds, new TagList { { "fecom.job.name", job }, { "fecom.job.state", state } });
}
