using System.Reflection;
using System.Text.RegularExpressions;
using Fecom.Platform.Hosts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Platform.Storage;

/// <summary>The numbered SQL scripts of one schema, embedded in a module as <c>Migrations/0001_name.sql</c>.</summary>
/// <param name="Schema">The schema that the module owns.</param>
/// <param name="Assembly">Where the scripts are embedded.</param>
public sealed record SchemaMigrations(string Schema, Assembly Assembly);

/// <summary>Brings every module's schema to its newest version before anything else starts. Forward only, each script once, in one transaction.</summary>
public sealed partial class Migrator(
    NpgsqlDataSource database,
    IEnumerable<SchemaMigrations> schemas,
    ILogger<Migrator> logger
)
{
    /// <summary>Two hosts that start together apply the scripts one after the other.</summary>
    private const long LockKey = 0x6665_636f_6d01;

    /// <summary>Applies what is missing.</summary>
    /// <exception cref="StartException">A script that was applied before has been changed since.</exception>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"select pg_advisory_xact_lock({LockKey})", cancellationToken);
        await ExecuteAsync(
            connection,
            """
            create schema if not exists platform;
            create table if not exists platform.migration (
                schema_name text not null,
                script text not null,
                sha256 text not null,
                applied_at timestamptz not null default now(),
                primary key (schema_name, script));
            """,
            cancellationToken
        );
        foreach (SchemaMigrations schema in schemas)
        {
            await ApplyAsync(connection, schema, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private async Task ApplyAsync(
        NpgsqlConnection connection,
        SchemaMigrations schema,
        CancellationToken cancellationToken
    )
    {
        await ExecuteAsync(connection, $"create schema if not exists {schema.Schema}", cancellationToken);
        Dictionary<string, string> applied = await AppliedAsync(connection, schema.Schema, cancellationToken);
        foreach ((string script, string sql) in Scripts(schema))
        {
            string hash = Convert.ToHexStringLower(
                System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(sql))
            );
            if (applied.TryGetValue(script, out string? before))
            {
                if (before != hash)
                {
                    throw new StartException(
                        $"Migration {schema.Schema}/{script} was changed after it had been applied. Restore it and add a new script instead."
                    );
                }

                continue;
            }

            await ExecuteAsync(connection, sql, cancellationToken);
            await using NpgsqlCommand record = new(
                "insert into platform.migration (schema_name, script, sha256) values ($1, $2, $3)",
                connection
            )
            {
                Parameters =
                {
                    new() { Value = schema.Schema },
                    new() { Value = script },
                    new() { Value = hash },
                },
            };
            await record.ExecuteNonQueryAsync(cancellationToken);
            LogApplied(schema.Schema, script);
        }
    }

    private static IEnumerable<(string Script, string Sql)> Scripts(SchemaMigrations schema)
    {
        foreach (string name in schema.Assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            Match match = ScriptName().Match(name);
            if (!match.Success)
            {
                continue;
            }

            using StreamReader reader = new(schema.Assembly.GetManifestResourceStream(name)!);
            yield return (match.Value, reader.ReadToEnd());
        }
    }

    private static async Task<Dictionary<string, string>> AppliedAsync(
        NpgsqlConnection connection,
        string schema,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand command = new(
            "select script, sha256 from platform.migration where schema_name = $1",
            connection
        )
        {
            Parameters = { new() { Value = schema } },
        };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<string, string> applied = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            applied.Add(reader.GetString(0), reader.GetString(1));
        }

        return applied;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [GeneratedRegex(@"\d{4}_\w+\.sql$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ScriptName();

    [LoggerMessage(LogLevel.Information, "Applied migration {Schema}/{Script}")]
    private partial void LogApplied(string schema, string script);
}

/// <summary>Registers a module's migrations.</summary>
public static class MigrationRegistration
{
    /// <summary>Registers the scripts embedded in <paramref name="assembly"/> for <paramref name="schema"/>.</summary>
    public static IServiceCollection AddMigrations(
        this IServiceCollection services,
        string schema,
        Assembly assembly
    ) => services.AddSingleton(new SchemaMigrations(schema, assembly));
}
