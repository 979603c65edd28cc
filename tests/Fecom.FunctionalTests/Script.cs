using System.Diagnostics;
using System.Globalization;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>Where <c>./fecom</c> works: a home, a port and data of its own.</summary>
/// <param name="Home"><c>FECOM_HOME</c>.</param>
/// <param name="Port"><c>FECOM_PORT</c>.</param>
/// <param name="Data"><c>FECOM_DATA</c>.</param>
internal sealed record ScriptHome(string Home, int Port, string Data);

/// <summary>A program that is run in the checkout for a home.</summary>
internal sealed class Script : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];

    private Script(Process process) => _process = process;

    /// <summary>What it has said.</summary>
    public string Output
    {
        get
        {
            lock (_gate)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    public static Script Start(ScriptHome home, (string Name, string Value)[] environment, params string[] command)
    {
        ProcessStartInfo start = new(
            command[0] == "./fecom" ? Path.Combine(Repository.Root, "fecom") : command[0],
            command[1..]
        )
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["FECOM_HOME"] = home.Home;
        start.Environment["FECOM_PORT"] = home.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["FECOM_DATA"] = home.Data;
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        Script script = new(new Process { StartInfo = start });
        script._process.OutputDataReceived += (_, line) => script.Keep(line.Data);
        script._process.ErrorDataReceived += (_, line) => script.Keep(line.Data);
        script._process.Start();
        script._process.BeginOutputReadLine();
        script._process.BeginErrorReadLine();
        return script;
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Code, string Output)> RunAsync(
        ScriptHome home,
        (string Name, string Value)[] environment,
        params string[] command
    )
    {
        await using Script script = Start(home, environment, command);
        int code = await script.EndedAsync();
        return (code, script.Output);
    }

    public Task UntilPrintedAsync(string words, TimeSpan timeout) =>
        Poll.UntilAsync(
            () =>
                Output.Contains(words, StringComparison.Ordinal) || !_process.HasExited
                    ? Task.FromResult(Output.Contains(words, StringComparison.Ordinal))
                    : throw new InvalidOperationException($"it ended with {_process.ExitCode}:\n{Output}"),
            timeout,
            $"'{words}' was not said"
        );

    public async Task<int> EndedAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public int Id => _process.Id;

    /// <summary>Without a chance to clean up; what it started goes on.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await EndedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // It stops what it started.
            using Process terminate = Process.Start(
                "/bin/kill",
                ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]
            );
            await terminate.WaitForExitAsync(CancellationToken.None);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_gate)
            {
                _lines.Add(line);
            }
        }
    }
}
