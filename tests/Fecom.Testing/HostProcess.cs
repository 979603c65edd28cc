using System.Diagnostics;
using System.Globalization;

namespace Fecom.Testing;

/// <summary>The host in a process of its own, as a shop runs it: it can be killed.</summary>
public sealed class HostProcess : IAsyncDisposable
{
    /// <summary>A start takes 3 to 6 s alone, and many times as long on a machine that is busy with other tests.</summary>
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(150);

    private readonly Process _process;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _output = [];

    private HostProcess(Process process, Uri address)
    {
        _process = process;
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>A client of the host's API.</summary>
    public HttpClient Http { get; }

    /// <summary>What it wrote so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    /// <summary>Its exit code, once it has ended; null while it runs.</summary>
    public int? ExitCode => _ended.Task.IsCompleted ? _process.ExitCode : null;

    /// <summary>Starts the host and waits until it is ready.</summary>
    /// <param name="postgres">Npgsql's connection string.</param>
    /// <param name="redis">Redis' connection string.</param>
    /// <param name="data">Folder with <c>raw</c>.</param>
    /// <param name="settings">Further settings, as environment variables.</param>
    public static async Task<HostProcess> StartAsync(
        string postgres,
        string redis,
        string data,
        params (string Name, string Value)[] settings
    )
    {
        HostProcess host = Start(postgres, redis, data, settings);
        await Poll.UntilAsync(host.IsReadyAsync, StartTime, "the host is not ready");
        return host;
    }

    /// <summary>Starts the host without waiting: its servers may be away for now.</summary>
    /// <param name="postgres">Npgsql's connection string.</param>
    /// <param name="redis">Redis' connection string.</param>
    /// <param name="data">Folder with <c>raw</c>.</param>
    /// <param name="settings">Further settings, as environment variables.</param>
    public static HostProcess Start(
        string postgres,
        string redis,
        string data,
        params (string Name, string Value)[] settings
    )
    {
        string address =
            settings.FirstOrDefault(setting => setting.Name == "ASPNETCORE_URLS").Value
            ?? $"http://127.0.0.1:{PrivateRedis.FreePort()}";
        ProcessStartInfo start = Command("serve");
        // As ./fecom and the image start it.
        start.Environment["DOTNET_GCgen0size"] = "0xA000000";
        start.Environment["ASPNETCORE_URLS"] = address;
        start.Environment["ConnectionStrings__Postgres"] = postgres;
        start.Environment["ConnectionStrings__Redis"] = redis;
        start.Environment["Kafka__BootstrapServers"] = "embedded";
        start.Environment["Paths__Data"] = data;
        start.Environment["Paths__Models"] = $"{data}/models";
        foreach ((string name, string value) in settings)
        {
            start.Environment[name] = value;
        }

        HostProcess host = new(new Process { StartInfo = start }, new Uri(address));
        host._process.OutputDataReceived += (_, line) => host.Keep(line.Data);
        host._process.ErrorDataReceived += (_, line) => host.Keep(line.Data);
        host._process.EnableRaisingEvents = true;
        host._process.Exited += (_, _) => host._ended.TrySetResult();
        host._process.Start();
        host._process.BeginOutputReadLine();
        host._process.BeginErrorReadLine();
        return host;
    }

    /// <summary>Runs one of the host's offline verbs to its end.</summary>
    public static async Task<string> RunToolAsync(params string[] arguments)
    {
        using Process process = Process.Start(Command(arguments))!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException(
                $"{string.Join(' ', arguments)} ended with {process.ExitCode}: {output}{await error}"
            );
    }

    /// <summary>Peak resident memory, MiB.</summary>
    public double PeakMemoryMib()
    {
        string line = File.ReadLines($"/proc/{_process.Id}/status")
            .First(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            / 1_024;
    }

    /// <summary>Its process id.</summary>
    public int Pid => _process.Id;

    /// <summary>Waits until the host has built itself again in its process, after the embedded Kafka that it had joined was gone.</summary>
    public async Task RestartedAsync()
    {
        await RestartingAsync();
        await Poll.UntilAsync(IsReadyAsync, StartTime, "the host is not ready again");
    }

    /// <summary>Waits until the host has begun to build itself again.</summary>
    public Task RestartingAsync() =>
        Poll.UntilAsync(
            () => Task.FromResult(Output.Contains("the host starts again", StringComparison.Ordinal)),
            TimeSpan.FromSeconds(60),
            "the host has not noticed that its Kafka is gone"
        );

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _ended.Task;
    }

    /// <summary>SIGTERM, as whoever runs it stops it.</summary>
    /// <returns>How long it took to end.</returns>
    /// <exception cref="TimeoutException">It had not ended after 40 s, and was killed.</exception>
    public async Task<TimeSpan> StopAsync()
    {
        long start = Stopwatch.GetTimestamp();
        using (
            Process terminate = Process.Start(
                "/bin/kill",
                ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]
            )
        )
        {
            await terminate.WaitForExitAsync();
        }

        try
        {
            await _ended.Task.WaitAsync(TimeSpan.FromSeconds(40));
            return Stopwatch.GetElapsedTime(start);
        }
        catch (TimeoutException e)
        {
            _process.Kill();
            throw new TimeoutException($"the host did not stop within 40 s of SIGTERM:\n{Output}", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            await StopAsync();
        }

        _process.Dispose();
    }

    private static ProcessStartInfo Command(params string[] arguments)
    {
        ProcessStartInfo start = ChildProcess.Program(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "Fecom.Monolith.dll"), .. arguments]
        );
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return start;
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _output.Add(line);
            }
        }
    }

    private async Task<bool> IsReadyAsync()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"the host ended with {_process.ExitCode}:\n{Output}");
        }

        try
        {
            using HttpResponseMessage response = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
