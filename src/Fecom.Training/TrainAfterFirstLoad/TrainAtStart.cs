using Fecom.Platform.Messaging;
using Fecom.Platform.Services;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fecom.Training.TrainAfterFirstLoad;

/// <summary>Trains when the host starts over data that nothing was trained on: a crash after the load, or a restored database.</summary>
internal sealed partial class TrainAtStart(
    Supervision supervision,
    FirstTrainingStarter starter,
    IHostApplicationLifetime lifetime,
    ILogger<TrainAtStart> logger
) : SupervisedService(supervision, "the training at the start")
{
    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration onStart = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        try
        {
            await starter.StartAsync(loaded: 0, stoppingToken);
        }
        catch (Exception e) when (Outage.Is(e))
        {
            LogNotStarted(e.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "No training was started; the next load or the schedule will: {Reason}")]
    private partial void LogNotStarted(string reason);
}
