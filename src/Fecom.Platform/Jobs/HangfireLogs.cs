using Hangfire.AspNetCore;
using Hangfire.Logging;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Jobs;

/// <summary>Where Hangfire logs: to the host's log for as long as the host is there.</summary>
/// <remarks>
/// Hangfire keeps one provider of logs for the whole process: that of the host which was made last. When that host is gone, another
/// one's worker asks for a logger once it has fetched a run, and must get one: an exception there leaves the run fetched by nobody,
/// until it is fetched anew after the takeover time, with the same end.
/// </remarks>
internal sealed class HangfireLogs(ILoggerFactory logs) : ILogProvider
{
    private readonly AspNetCoreLogProvider _logs = new(logs);

    public ILog GetLogger(string name)
    {
        try
        {
            return _logs.GetLogger(name);
        }
        catch (ObjectDisposedException)
        {
            return Silence.Instance;
        }
    }

    private sealed class Silence : ILog
    {
        public static Silence Instance { get; } = new();

        public bool Log(Hangfire.Logging.LogLevel logLevel, Func<string>? messageFunc, Exception? exception = null) =>
            false;
    }
}
