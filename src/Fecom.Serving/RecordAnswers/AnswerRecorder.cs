using Fecom.Platform.Messaging;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Serving.RecordAnswers;

/// <summary>
/// Writes the recommendations that this host has given, a few times a second. A kill loses those of the last moment: feedback on
/// them is then of an unknown answer.
/// </summary>
internal sealed partial class AnswerRecorder(
    Supervision supervision,
    ServedAnswers answers,
    AnswerTable table,
    TimeProvider time,
    ILogger<AnswerRecorder> logger
) : SupervisedService(supervision, "the record of recommendations")
{
    private const int MaxBatch = 2_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>For what is left when the host stops.</summary>
    private static readonly TimeSpan LastTime = TimeSpan.FromSeconds(2);

    /// <summary>Taken and not yet written: an attempt that failed is made again with the very same.</summary>
    private readonly List<ServedAnswer> _batch = [];

    private long _lostBefore;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await WriteAsync(stoppingToken);
                if (!ReportLost())
                {
                    await answers.WaitAsync(stoppingToken);
                }

                await Task.Delay(Interval, time, stoppingToken);
            }
        }
        finally
        {
            if (stoppingToken.IsCancellationRequested)
            {
                await WriteLastAsync();
            }
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_batch.Count == 0)
            {
                answers.Take(_batch, MaxBatch);
            }

            if (_batch.Count == 0)
            {
                return;
            }

            await table.WriteAsync(_batch, cancellationToken);
            _batch.Clear();
        }
    }

    private async Task WriteLastAsync()
    {
        using CancellationTokenSource timeout = new(LastTime, time);
        try
        {
            await WriteAsync(timeout.Token);
        }
        catch (Exception e) when (e is OperationCanceledException || Outage.Is(e))
        {
            LogUnwritten(_batch.Count, e.Message);
        }
    }

    /// <summary>Health says for as long as answers are lost that they are.</summary>
    /// <returns>Whether any was since the last time.</returns>
    private bool ReportLost()
    {
        long lost = answers.Lost;
        bool loses = lost > _lostBefore;
        if (loses)
        {
            Supervision.Report(
                Name,
                $"{lost - _lostBefore} recommendations were not recorded, so feedback on them will not count: more are given than PostgreSQL writes, or it was away. Serving:Feedback:MaxWaitingAnswers is how many may wait."
            );
        }
        else
        {
            Supervision.Report(Name, null);
        }

        _lostBefore = lost;
        return loses;
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The host stops, and {Answers} recommendations or more are not recorded: {Reason}"
    )]
    private partial void LogUnwritten(int answers, string reason);
}
