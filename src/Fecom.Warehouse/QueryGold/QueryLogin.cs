using Fecom.Platform.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.QueryGold;

/// <summary>
/// The login in which queries run: a role of PostgreSQL that may read the schema gold and nothing else. The host makes it when the first
/// query comes. Its sessions are its own from the beginning, so that no statement can go back to a stronger role.
/// </summary>
internal sealed class QueryLogin(
    NpgsqlDataSource database,
    IConfiguration configuration,
    IOptions<QueryOptions> options
) : IDisposable
{
    /// <summary>Hosts make the role one after the other.</summary>
    private const long LockKey = 0x6665_636f_6d64;

    private readonly SemaphoreSlim _turn = new(1);
    private volatile Credentials? _prepared;

    /// <summary>Opens a session of the role, which ends with the connection.</summary>
    /// <exception cref="QueryLoginException">The role cannot be made or does not get in; the message says what an administrator does.</exception>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        Credentials login = _prepared ?? await PrepareAsync(setsPassword: false, cancellationToken);
        try
        {
            return await ConnectAsync(login, cancellationToken);
        }
        catch (PostgresException e) when (IsRefusal(e))
        {
            // The role was removed, or has the password of another copy of the database.
            login = await PrepareAsync(setsPassword: options.Value.Password.Length == 0, cancellationToken);
        }

        try
        {
            return await ConnectAsync(login, cancellationToken);
        }
        catch (PostgresException e) when (IsRefusal(e))
        {
            throw new QueryLoginException(
                $"PostgreSQL does not let the role {login.Role} in: {e.MessageText}. pg_hba.conf must let it in with a password (scram-sha-256); if an administrator made it, Warehouse:Query:Password is its password.",
                e
            );
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<Credentials> PrepareAsync(bool setsPassword, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return _prepared = await MakeAsync(setsPassword, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<Credentials> MakeAsync(bool setsPassword, CancellationToken cancellationToken)
    {
        (string name, string made, string user) = await database.ReadAsync<(string, string, string)>(
            "select current_database()::text, password, current_user::text from gold_query.login",
            null,
            cancellationToken
        );
        Credentials login = new(
            options.Value.Role is { Length: > 0 } role ? role : DefaultRole(name),
            options.Value.Password is { Length: > 0 } password ? password : made
        );
        try
        {
            await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
            await ExecuteAsync(connection, $"select pg_advisory_xact_lock({LockKey})", cancellationToken);
            await MakeRoleAsync(connection, login, setsPassword, cancellationToken);
            await GrantAsync(connection, login.Role, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return login;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new QueryLoginException(
                $"Queries run in the role {login.Role} of PostgreSQL, which the host's user {user} may not make or change ({e.MessageText}). An administrator runs: create role {Quoted(login.Role)} login password '…'; grant usage on schema gold to {Quoted(login.Role)}; grant select on all tables in schema gold to {Quoted(login.Role)}; and sets Warehouse__Query__Password to that password. Or: alter role {Quoted(user)} createrole;",
                e
            );
        }
    }

    private static async Task MakeRoleAsync(
        NpgsqlConnection connection,
        Credentials login,
        bool setsPassword,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand find = new(
            """
            select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls or not rolcanlogin
                or exists (select from pg_auth_members where member = r.oid)
            from pg_roles r where rolname = $1
            """,
            connection
        )
        {
            Parameters = { new() { Value = login.Role } },
        };
        switch (await find.ExecuteScalarAsync(cancellationToken))
        {
            case true:
                throw new QueryLoginException(
                    $"The role {login.Role} may do more than read gold, or may not log in: it must be a role with login that is a member of no other. Warehouse:Query:Role names another one."
                );
            case false when setsPassword:
                await ExecuteAsync(
                    connection,
                    $"alter role {Quoted(login.Role)} password '{ScramVerifier.Of(login.Password)}'",
                    cancellationToken
                );
                break;
            case null:
                await ExecuteAsync(
                    connection,
                    $"create role {Quoted(login.Role)} login noinherit password '{ScramVerifier.Of(login.Password)}'",
                    cancellationToken
                );
                break;
        }
    }

    /// <summary>Grants what is missing: tables that come later are readable by the schema's default privileges.</summary>
    private static async Task GrantAsync(NpgsqlConnection connection, string role, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand find = new(
            """
            select has_schema_privilege($1, 'gold', 'usage') and bool_and(has_table_privilege($1, oid, 'select'))
            from pg_class where relnamespace = 'gold'::regnamespace and relkind in ('r', 'p', 'v', 'm') and not relispartition
            """,
            connection
        )
        {
            Parameters = { new() { Value = role } },
        };
        if (await find.ExecuteScalarAsync(cancellationToken) is not true)
        {
            await ExecuteAsync(
                connection,
                $"grant usage on schema gold to {Quoted(role)}; grant select on all tables in schema gold to {Quoted(role)}; alter default privileges in schema gold grant select on tables to {Quoted(role)}",
                cancellationToken
            );
        }
    }

    private async Task<NpgsqlConnection> ConnectAsync(Credentials login, CancellationToken cancellationToken)
    {
        NpgsqlConnectionStringBuilder address = new(configuration.GetConnectionString("Postgres"))
        {
            Username = login.Role,
            Password = login.Password,
            Passfile = null,
            ApplicationName = "fecom query",
            // PostgreSQL's limit and the host's own come first.
            CommandTimeout = 60,
            // A session for each query: nothing that a statement leaves in one meets the next.
            Pooling = false,
            MaxAutoPrepare = 0,
        };
        NpgsqlConnection connection = new(address.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Class 28: the login is refused; 42501: it may not connect to this database.</summary>
    private static bool IsRefusal(PostgresException e) =>
        e.SqlState is ['2', '8', ..] or PostgresErrorCodes.InsufficientPrivilege;

    /// <summary>A role is the cluster's, so each database has one of its own name.</summary>
    private static string DefaultRole(string name) => $"{(name.Length <= 50 ? name : name[..50])}_query";

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record Credentials(string Role, string Password);
}

/// <summary>There is no role for queries, or it does not get in: only an administrator of PostgreSQL or of the settings can change that.</summary>
internal sealed class QueryLoginException(string message, Exception? inner = null) : Exception(message, inner);
