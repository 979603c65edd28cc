using Fecom.Platform.Messaging;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Training.RegisterModels;

/// <summary>Announces champions and challengers at start and then periodically: the embedded Kafka loses its log, and a consumer may have been stopped.</summary>
internal sealed partial class ChampionAnnouncer(
    Supervision supervision,
    Promotion promotion,
    IOptions<TrainingOptions> options,
    TimeProvider time,
    ILogger<ChampionAnnouncer> logger
) : SupervisedService(supervision, "the announcement of the models")
{
    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(options.Value.AnnounceInterval, time);
        do
        {
            await AnnounceAsync(stoppingToken);
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task AnnounceAsync(CancellationToken stoppingToken)
    {
        try
        {
            foreach (string model in TrainingJobs.Models.Select(trained => trained.Model))
            {
                await promotion.AnnounceAsync(model, ModelRegistry.Champion, stoppingToken);
                await promotion.AnnounceAsync(model, ModelRegistry.Challenger, stoppingToken);
            }
        }
        catch (Exception e) when (e is NpgsqlException or TopicUnavailableException)
        {
            LogNotAnnounced(e.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The champions were not announced and will be later: {Reason}")]
    private partial void LogNotAnnounced(string reason);
}
