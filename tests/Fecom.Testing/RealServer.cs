using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Fecom.Testing;

/// <summary>
/// A server of <c>shared/servers</c> beside the checkout (<c>FECOM_TEST_SERVERS</c> names another folder), started by its script in
/// a temporary folder. A shell holds it and stops it when its own input closes: it does not outlive the test run, not even a killed one.
/// </summary>
public sealed class RealServer : IAsyncDisposable
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(120);

    private readonly string _script;
    private readonly Process _shell;

    private RealServer(string script, string folder, Process shell, string address)
    {
        _script = script;
        _shell = shell;
        Folder = folder;
        Address = address;
    }

    /// <summary>Its data, logs and settings.</summary>
    public string Folder { get; }

    /// <summary>The address that its script prints.</summary>
    public string Address { get; }

    /// <summary>Why a server cannot be started here; null when it can.</summary>
    /// <param name="script">Its script, such as <c>kafka/kafka.sh</c>.</param>
    /// <param name="variable">The environment variable that names a server of one's own; null where none will do, because it is killed.</param>
    /// <param name="remark">What such a server has to be.</param>
    public static string? Missing(string script, string? variable, string remark = "")
    {
        string otherwise = variable is null
            ? "name the folder that has it in FECOM_TEST_SERVERS; a server that is started here is wanted, for it is killed."
            : $"name a server of your own in {variable}{remark}.";
        return !File.Exists(Path.Combine(Servers, script)) ? $"{script} is not in {Servers}: {otherwise}"
            : Java is null
                ? $"Java 17 is not here (Debian: openjdk-17-jre-headless): install it{(variable is null ? "." : $", or {otherwise}")}"
            : null;
    }

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <param name="script">Its script, such as <c>kafka/kafka.sh</c>.</param>
    /// <param name="arguments">What follows <c>start FOLDER</c>.</param>
    public static async Task<RealServer> StartAsync(string script, params string[] arguments)
    {
        string path = Path.Combine(Servers, script);
        string folder = RunFolder.Create("server");
        string start = string.Join(' ', new[] { path, "start", folder }.Concat(arguments).Select(Quoted));
        ProcessStartInfo info = ChildProcess.Script(
            // The last line that start prints is the address; what it says otherwise is the reason. Ctrl-C ends all programs of a
            // terminal but the server, which has a session of its own: the shell has to outlive it so as to stop the server.
            $"trap : INT TERM HUP; if said=$(bash {start} 2>&1); then echo \"$said\" | tail -n 1; else echo \"$said\" | tail -n 20 | tr '\\n' ' '; echo; fi; cat >/dev/null; bash {Quoted(path)} stop {Quoted(folder)} >/dev/null 2>&1; rm -rf {Quoted(folder)}"
        );
        info.RedirectStandardInput = true;
        info.RedirectStandardOutput = true;
        Process shell = Process.Start(info)!;
        string? address = await shell.StandardOutput.ReadLineAsync().WaitAsync(TestTimeout);
        RealServer server = new(path, folder, shell, address ?? "");
        if (address is null || address.Contains(' ', StringComparison.Ordinal) || address.Length == 0)
        {
            await server.DisposeAsync();
            throw new InvalidOperationException($"{script} did not start: {address}");
        }

        return server;
    }

    /// <summary>Runs another verb of the server's script and gives what it prints.</summary>
    public Task<string> RunAsync(string verb, params string[] arguments) =>
        RunAsync(verb, ChildProcess.Program("/bin/bash", [_script, verb, Folder, .. arguments]));

    /// <summary>Runs a program of the server's own for which its script has no verb.</summary>
    /// <param name="main">The class with its main method.</param>
    /// <param name="arguments">What it is given.</param>
    public Task<string> RunClassAsync(string main, params string[] arguments) =>
        RunAsync(
            main,
            ChildProcess.Program(
                Java ?? "java",
                ["-Xmx128m", "-cp", $"{Path.GetDirectoryName(_script)}/lib/*", main, .. arguments]
            )
        );

    /// <summary>A port from which on <paramref name="count"/> are free.</summary>
    public static int FreePorts(int count)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            using TcpListener first = new(IPAddress.Loopback, 0);
            first.Start();
            int from = ((IPEndPoint)first.LocalEndpoint).Port;
            first.Stop();
            if (from + count < IPEndPoint.MaxPort && Enumerable.Range(from, count).All(IsFree))
            {
                return from;
            }
        }

        throw new InvalidOperationException($"No {count} free ports in a row.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    private static async Task<string> RunAsync(string what, ProcessStartInfo info)
    {
        info.RedirectStandardOutput = true;
        info.RedirectStandardError = true;
        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TestTimeout);
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output.Trim()
            : throw new InvalidOperationException($"{what} ended with {process.ExitCode}: {await errors}");
    }

    private static string Servers
    {
        get
        {
            if (Environment.GetEnvironmentVariable("FECOM_TEST_SERVERS") is { Length: > 0 } set)
            {
                return set;
            }

            DirectoryInfo? checkout = new(AppContext.BaseDirectory);
            while (checkout is not null && !File.Exists(Path.Combine(checkout.FullName, "Fecom.Monolith.sln")))
            {
                checkout = checkout.Parent;
            }

            return Path.GetFullPath(Path.Combine(checkout?.FullName ?? ".", "..", "shared", "servers"));
        }
    }

    private static string? Java =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Prepend(Path.Combine(Environment.GetEnvironmentVariable("JAVA_HOME") ?? "", "bin"))
            .Select(folder => Path.Combine(folder, "java"))
            .FirstOrDefault(File.Exists);

    private static bool IsFree(int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
