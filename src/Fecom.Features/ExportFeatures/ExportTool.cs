using Fecom.Platform.Hosts;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Features.ExportFeatures;

/// <summary>The command <c>features export</c>: reads the database itself, beside a host that runs or without one.</summary>
internal static class ExportTool
{
    /// <returns>What was written, for a person.</returns>
    public static async Task<string> RunAsync(
        IConfiguration configuration,
        ExportRequest request,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        ServiceCollection services = new();
        services.AddSingleton(configuration);
        services.AddSingleton(TimeProvider.System);
        services.AddLogging(logging => logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning));
        services.AddStorage(configuration);
        services.AddFeatureExport();
        await using ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            ExportedFeatures written = await provider
                .GetRequiredService<FeatureExport>()
                .RunAsync(request, (progress, _) => report(progress), cancellationToken);
            return FeatureExport.Summary(written, request);
        }
        catch (OptionsValidationException e)
        {
            throw new StartException(e.Message, e);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            throw new IOException("The database has no events yet: start the host once (./fecom up).", e);
        }
        catch (NpgsqlException e)
        {
            throw new IOException($"PostgreSQL (ConnectionStrings:Postgres): {e.Message}", e);
        }
    }
}
