using System.Globalization;
using Fecom.Platform.Storage;
using Fecom.Warehouse.Lake;
using Fecom.Warehouse.LoadBronze;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Warehouse.ReplayLake;

/// <summary>The command <c>lake replay</c>: works on the database itself, beside a host that runs or without one.</summary>
internal static class ReplayTool
{
    public static async Task RunAsync(
        IConfiguration configuration,
        DateTime from,
        DateTime to,
        TextWriter report,
        CancellationToken cancellationToken
    )
    {
        ServiceCollection services = new();
        services.AddSingleton(configuration);
        services.AddSingleton(TimeProvider.System);
        services.AddLogging(logging => logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning));
        services.AddStorage(configuration);
        services.AddLakeStore();
        services.AddOptions<WarehouseOptions>().BindConfiguration("Warehouse");
        services.AddSingleton<DayPartitions>();
        services.AddSingleton<LakeReplay>();
        await using ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            (long read, long added) = await provider
                .GetRequiredService<LakeReplay>()
                .RunAsync(
                    from,
                    to,
                    (hour, read, added) =>
                        report.WriteLine(
                            string.Create(
                                CultureInfo.InvariantCulture,
                                $"{hour:yyyy-MM-dd HH}:00 UTC: {read:N0} events read, {added:N0} of them put into bronze"
                            )
                        ),
                    cancellationToken
                );
            await report.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The lake has {read:N0} events of that time; bronze had {read - added:N0} of them, and got {added:N0}."
                )
            );
        }
        catch (NpgsqlException e)
        {
            throw new IOException($"PostgreSQL (ConnectionStrings:Postgres): {e.Message}", e);
        }
    }
}
