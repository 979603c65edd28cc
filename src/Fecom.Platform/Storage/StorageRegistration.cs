using System.Data.Common;
using Fecom.Platform.Hosts;
using Fecom.Platform.Settings;
using Fecom.Platform.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.Platform.Storage;

/// <summary>The process's one PostgreSQL data source and one Redis connection.</summary>
public static class StorageRegistration
{
    /// <summary>Adds both, from <c>ConnectionStrings:Postgres</c> and <c>ConnectionStrings:Redis</c>, and their health checks.</summary>
    /// <exception cref="StartException">One is missing or cannot be read; the message names it.</exception>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<FecomPaths>("Paths").ValidateDataAnnotations();
        string postgres = Required(configuration, "Postgres");
        string redis = Required(configuration, "Redis");
        services.AddSingleton(_ => new NpgsqlDataSourceBuilder(Prepared(postgres)) { Name = "fecom" }.Build());
        services.AddSingleton(_ => new RedisConnection(redis));
        services.AddSingleton<Migrator>();
        services.AddInstruments<FolderMetrics>();
        services
            .AddHealthChecks()
            .AddCheck<PostgresHealthCheck>("postgres")
            .AddCheck<RedisHealthCheck>("redis")
            .AddCheck<FoldersHealthCheck>("folders");
        return services;
    }

    /// <summary>
    /// Parsing and planning small, frequent statements costs PostgreSQL more than executing them, so each connection prepares statements that
    /// it has seen a few times. Connections are not reset when they return to the pool: no code leaves a setting in a session,
    /// and a session that may hold an advisory lock is closed (<see cref="AdvisoryLock"/>).
    /// </summary>
    private static string Prepared(string postgres)
    {
        NpgsqlConnectionStringBuilder builder = new(postgres);
        // Npgsql's own builder answers true for every keyword.
        if (!new DbConnectionStringBuilder { ConnectionString = postgres }.ContainsKey("Max Auto Prepare"))
        {
            builder.MaxAutoPrepare = 100;
        }

        builder.NoResetOnClose = true;
        return builder.ConnectionString;
    }

    private static string Required(IConfiguration configuration, string name) =>
        configuration.GetConnectionString(name) is { Length: > 0 } value
            ? value
            : throw new StartException(
                $"ConnectionStrings:{name} is not set. Start with ./fecom up, or set ConnectionStrings__{name} in the environment."
            );
}
