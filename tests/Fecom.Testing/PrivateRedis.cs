using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fecom.Testing;

/// <summary>A Redis server of the test run's own, on a free loopback port.</summary>
public sealed class PrivateRedis : IAsyncDisposable
{
    private readonly string _folder = RunFolder.Create("redis");
    private readonly int _port = FreePort();
    private ServerProcess? _server;

    /// <summary>StackExchange.Redis' connection string.</summary>
    public string ConnectionString => $"127.0.0.1:{_port}";

    /// <summary>Process id of the server that runs now.</summary>
    public int Pid => _server!.Pid;

    /// <summary>Starts a server with nothing in it.</summary>
    public static async Task<PrivateRedis> StartAsync()
    {
        PrivateRedis redis = new();
        await redis.StartServerAsync();
        return redis;
    }

    /// <summary>Starts it (again).</summary>
    /// <param name="fromSnapshot">Whether it has what <see cref="SaveAsync"/> kept last; else it is empty.</param>
    public async Task StartServerAsync(bool fromSnapshot = false)
    {
        if (!fromSnapshot)
        {
            File.Delete($"{_folder}/dump.rdb");
        }

        string program = Environment.GetEnvironmentVariable("FECOM_REDIS_SERVER") is { Length: > 0 } set
            ? set
            : "redis-server";
        _server = ServerProcess.Start(
            $"{_folder}/log",
            // It has nothing to save, and one that is held still would not hear a milder signal.
            "KILL",
            program,
            "--port",
            $"{_port}",
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            _folder
        );
        await Poll.UntilAsync(AnswersAsync, TimeSpan.FromSeconds(60), $"Redis did not start; see {_folder}/log");
    }

    /// <summary>kill -9: what came after the last <see cref="SaveAsync"/> is gone.</summary>
    public Task KillAsync() => _server!.KillAsync();

    /// <summary>Keeps a snapshot of what is in it.</summary>
    public Task SaveAsync() => CommandAsync("SAVE");

    /// <summary>Empties it while it runs.</summary>
    public Task FlushAsync() => CommandAsync("FLUSHALL");

    /// <summary>Changes a setting while it runs.</summary>
    public Task ConfigureAsync(string name, string value) => CommandAsync($"CONFIG SET {name} {value}");

    /// <summary>Asks every client for another password from now on, also those that are connected. After it the other calls of this class are refused.</summary>
    public async Task ChangePasswordAsync(string password)
    {
        await ConfigureAsync("requirepass", password);
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, _port);
        await using NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"AUTH {password}\r\nCLIENT KILL TYPE normal SKIPME yes\r\n"));
        using StreamReader reader = new(stream, Encoding.ASCII);
        if (await reader.ReadLineAsync() != "+OK" || await reader.ReadLineAsync() is not [':', ..])
        {
            throw new InvalidOperationException("Redis did not end its clients' connections.");
        }
    }

    /// <summary>Holds it still (<c>true</c>) as a stalled machine would, or lets it go on.</summary>
    public async Task HoldAsync(bool still)
    {
        string pid = _server!.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using System.Diagnostics.Process signal = System.Diagnostics.Process.Start(
            "/bin/kill",
            [still ? "-STOP" : "-CONT", pid]
        );
        await signal.WaitForExitAsync();
    }

    /// <summary>A port that nobody listens on at this moment.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
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

    private async Task<bool> AnswersAsync()
    {
        try
        {
            return await AskAsync("PING") == "+PONG";
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }

    private async Task CommandAsync(string command)
    {
        string? answer = await AskAsync(command);
        if (answer != "+OK")
        {
            throw new InvalidOperationException($"Redis answered {command} with '{answer}'.");
        }
    }

    private async Task<string?> AskAsync(string command)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, _port);
        await using NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{command}\r\n"));
        using StreamReader reader = new(stream, Encoding.ASCII);
        return await reader.ReadLineAsync();
    }
}
