using System.Diagnostics;
using Npgsql;

namespace Fecom.Testing;

/// <summary>A PostgreSQL server of the test run's own, on a socket in a temporary folder.</summary>
public sealed class PrivatePostgres : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string _bin;
    private readonly bool _durable;
    private readonly string _walLevel;
    private ServerProcess? _server;
    private int _databases;

    private PrivatePostgres(string folder, string bin, bool durable, string walLevel, int? port)
    {
        Port = port;
        _folder = folder;
        _bin = bin;
        _durable = durable;
        _walLevel = walLevel;
    }

    /// <summary>Starts a server.</summary>
    /// <param name="durable">Whether it waits for its disk, as a real one does; off saves a test run's time.</param>
    /// <param name="walLevel">PostgreSQL's <c>wal_level</c>.</param>
    /// <param name="port">A port of 127.0.0.1 for clients that take no socket's path; null for none.</param>
    public static async Task<PrivatePostgres> StartAsync(
        bool durable = false,
        string walLevel = "logical",
        int? port = null
    )
    {
        string bin = Environment.GetEnvironmentVariable("FECOM_POSTGRES_BIN") is { Length: > 0 } set
            ? set
            : Newest("/usr/lib/postgresql");
        string folder = RunFolder.Create("pg");
        PrivatePostgres postgres = new(folder, bin, durable, walLevel, port);
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", "postgres", folder);
        }

        await RunAsync([
            .. AsUnprivileged(),
            $"{bin}/initdb",
            "-D",
            $"{folder}/data",
            "-U",
            "fecom",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "-N",
        ]);
        await postgres.StartServerAsync();
        return postgres;
    }

    /// <summary>Its port; null when it listens on its socket alone.</summary>
    public int? Port { get; }

    /// <summary>Process id of the server that runs now; its backends are children.</summary>
    public int Pid => _server!.Pid;

    /// <summary>Npgsql's connection string of a database.</summary>
    public string ConnectionString(string database) =>
        $"Host={_folder};Username=fecom;Database={database};{(Port is { } port ? $"Port={port};" : "")}Maximum Pool Size=40;Timeout=15";

    /// <summary>Creates an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        string name = $"test_{Interlocked.Increment(ref _databases)}";
        await using NpgsqlDataSource postgres = NpgsqlDataSource.Create(ConnectionString("postgres"));
        await using NpgsqlCommand create = postgres.CreateCommand($"create database {name}");
        await create.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    /// <summary>Starts it again after <see cref="KillAsync"/>.</summary>
    public async Task StartServerAsync()
    {
        _server = ServerProcess.Start(
            $"{_folder}/log",
            "INT",
            [
                .. AsUnprivileged(),
                $"{_bin}/postgres",
                "-D",
                $"{_folder}/data",
                "-k",
                _folder,
                "-c",
                $"listen_addresses={(Port is null ? "" : "127.0.0.1")}",
                "-c",
                $"port={Port ?? 5432}",
                "-c",
                $"fsync={(_durable ? "on" : "off")}",
                "-c",
                "shared_buffers=256MB",
                "-c",
                "jit=off",
                "-c",
                "max_parallel_workers_per_gather=0",
                // Each database is visited once in this time: hundreds of them, of which most are done with, took half a core.
                "-c",
                "autovacuum_naptime=10min",
                "-c",
                "max_wal_size=4GB",
                "-c",
                $"wal_level={_walLevel}",
                "-c",
                "max_replication_slots=40",
                "-c",
                "max_wal_senders=40",
                "-c",
                "max_connections=200",
            ]
        );
        await Poll.UntilAsync(AnswersAsync, TimeSpan.FromSeconds(60), $"PostgreSQL did not start; see {_folder}/log");
    }

    /// <summary>kill -9 of the server: what it had committed is there after the next start.</summary>
    public async Task KillAsync()
    {
        await _server!.KillAsync();
        // Its children end by themselves when they notice; a start before that is refused.
        await Poll.UntilAsync(
            () => Task.FromResult(!ChildrenLive()),
            TimeSpan.FromSeconds(60),
            "PostgreSQL's children still run"
        );
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static string[] AsUnprivileged() =>
        Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];

    private static string Newest(string root) =>
        Directory.Exists(root)
        && Directory.GetDirectories(root).OrderBy(path => path, StringComparer.Ordinal).LastOrDefault() is { } newest
            ? $"{newest}/bin"
            : throw new InvalidOperationException(
                $"No PostgreSQL under {root}: install postgresql, or set FECOM_POSTGRES_BIN."
            );

    private bool ChildrenLive() =>
        Directory
            .GetDirectories("/proc")
            .Where(path => Path.GetFileName(path).All(char.IsAsciiDigit))
            .Any(path => File.Exists($"{path}/environ") && Link($"{path}/cwd") == $"{_folder}/data");

    private static string? Link(string path)
    {
        try
        {
            return Path.GetFullPath(File.ResolveLinkTarget(path, returnFinalTarget: false)?.FullName ?? "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using NpgsqlConnection connection = new(ConnectionString("postgres") + ";Pooling=false");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static async Task RunAsync(params string[] command)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, UseShellExecute = false }
        )!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}.");
        }
    }
}
