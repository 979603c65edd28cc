using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Serving.LoadModels;

/// <summary>Loads the stored models and rehearses answers before the first request is accepted: the start waits for it.</summary>
internal sealed partial class RestoreModelsAtStart(
    ModelPromotions promotions,
    IAnswerRehearsal rehearsal,
    ILogger<RestoreModelsAtStart> logger
) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await promotions.RestoreAsync(cancellationToken);
        }
        catch (NpgsqlException e)
        {
            LogNotRestored(e.Message);
        }

        await rehearsal.RunAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(
        LogLevel.Warning,
        "The models that served last cannot be read; the next announcement brings them: {Reason}"
    )]
    private partial void LogNotRestored(string reason);
}
