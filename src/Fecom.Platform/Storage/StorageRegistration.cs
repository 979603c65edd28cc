using System.Data.Common;
using Fecom.Platform.Hosts;
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
        services
            .AddOptions<FecomPaths>()
            .Bind(configuration.GetSection("Paths"))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        string postgres = Required(configuration, "Postgres");
        string redis = Required(configuration, "Redis");
        services.AddSingleton(_ => new NpgsqlDataSourceBuilder(Prepared(postgres)) { Name = "fecom" }.Build());
        services.AddSingleton(_ => new RedisConnection(redis));
        services.AddSingleton<Migrator>();
        services
            .AddHealthChecks()
            .AddCheck<PostgresHealthCheck>("postgres")
            .AddCheck<RedisHealthCheck>("redis")
            .AddCheck<FoldersHealthCheck>("folders");
        return services;
    }

    /// <summary>
    /// Small transactions that come again and again cost PostgreSQL more to parse and plan than to do, so each connection prepares what
    /// it has seen a few times. Nor is a connection reset each time that it is taken from the pool: nobody leaves a setting in a session,
    /// and who leaves an advisory lock in it closes it (<see cref="AdvisoryLock"/>).
    /// </summary>
    private static string Prepared(string postgres)
    {
        NpgsqlConnectionStringBuilder builder = new(postgres);
        // Npgsql's own builder says of every keyword that it is there.
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
