using System.Diagnostics;

namespace Fecom.Testing;

/// <summary>
/// Starts programs that inherit no file but their standard ones. Native libraries open sockets that a child would inherit: a
/// server that is started beside an embedded Kafka in this process would keep that broker's connections open after it has
/// closed them.
/// </summary>
internal static class ChildProcess
{
    private const string CloseOthers = "for fd in /proc/$$/fd/*; do fd=${fd##*/}; (( fd > 2 )) && exec {fd}>&-; done; ";

    /// <summary>Runs a program in place of the shell, under the same process id.</summary>
    public static ProcessStartInfo Program(string program, params string[] arguments) =>
        Bash(["exec \"$@\"", "bash", program, .. arguments]);

    /// <summary>Runs a script of bash.</summary>
    public static ProcessStartInfo Script(string script) => Bash([script]);

    private static ProcessStartInfo Bash(string[] script) =>
        new("/bin/bash", ["-c", CloseOthers + script[0], .. script[1..]]) { UseShellExecute = false };
}
