using Fecom.Platform.Hosts;
using Serilog.Events;

namespace Fecom.Monolith;

/// <summary>.NET's section <c>Logging:LogLevel</c> as Serilog's levels: the longest category that begins a logger's name holds.</summary>
internal static class LogLevels
{
    public const string Default = "Default";

    private const string Section = "Logging:LogLevel";

    /// <returns>The least level by category; <see cref="Default"/> for all others.</returns>
    /// <exception cref="StartException">A level is none; the message names its key.</exception>
    public static IEnumerable<(string Category, LogEventLevel Level)> Read(IConfiguration configuration) =>
        configuration.GetSection(Section).GetChildren().Select(entry => (entry.Key, Level(entry)));

    private static LogEventLevel Level(IConfigurationSection entry) =>
        Enum.TryParse(entry.Value, ignoreCase: true, out LogLevel level) && Enum.IsDefined(level)
            ? level switch
            {
                LogLevel.Trace => LogEventLevel.Verbose,
                LogLevel.Debug => LogEventLevel.Debug,
                LogLevel.Information => LogEventLevel.Information,
                LogLevel.Warning => LogEventLevel.Warning,
                LogLevel.Error => LogEventLevel.Error,
                LogLevel.Critical => LogEventLevel.Fatal,
                _ => LevelAlias.Off,
            }
            : throw new StartException(
                $"{entry.Path} is '{entry.Value}'; it is one of {string.Join(", ", Enum.GetNames<LogLevel>())}."
            );
}
