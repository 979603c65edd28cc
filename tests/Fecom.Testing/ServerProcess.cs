using System.Diagnostics;

namespace Fecom.Testing;

/// <summary>A server that lives no longer than this process: a shell holds it and ends it when its own input closes.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _shell;

    private ServerProcess(Process shell, int pid)
    {
        _shell = shell;
        Pid = pid;
    }

    /// <summary>The server's own process id.</summary>
    public int Pid { get; }

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => File.Exists($"/proc/{Pid}/stat") && !_shell.HasExited;

    /// <summary>Starts a server; its output goes to <paramref name="log"/>.</summary>
    public static ServerProcess Start(string log, string endSignal, params string[] command)
    {
        string quoted = string.Join(
            ' ',
            command.Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'")
        );
        // The server ignores the shell's input; the shell waits for its end and then ends the server.
        ProcessStartInfo start = ChildProcess.Script(
            $"exec 2>/dev/null; {quoted} </dev/null >>'{log}' 2>&1 & server=$!; echo $server; exec 3<&0; (cat <&3 >/dev/null; kill -{endSignal} $server 2>/dev/null) & wait $server"
        );
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        Process shell = Process.Start(start)!;
        // The shell gives a background command /dev/null for its input: the reader gets the shell's own.
        int pid = int.Parse(shell.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);
        return new ServerProcess(shell, pid);
    }

    /// <summary>kill -9, as a crash would.</summary>
    public async Task KillAsync()
    {
        using (
            Process kill = Process.Start(
                "/bin/kill",
                ["-9", Pid.ToString(System.Globalization.CultureInfo.InvariantCulture)]
            )
        )
        {
            await kill.WaitForExitAsync();
        }

        await DisposeAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
    }
}
