using System.Globalization;
using Fecom.Platform;
using Fecom.Platform.Settings;
using Fecom.Platform.Telemetry;
using Serilog;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;
using Serilog.Formatting.Display;

namespace Fecom.Monolith;

/// <summary>The host's log: Serilog, with the levels of .NET's own section <c>Logging:LogLevel</c>.</summary>
internal static class HostLog
{
    private const string FileName = "host-.log";
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    public static void UseHostLog(this WebApplicationBuilder builder)
    {
        SettingsSection section = new("Logs", typeof(LogOptions));
        SettingsCheck.Check(builder.Configuration, section);
        builder.Services.AddSingleton(section);
        LogOptions options = builder.Configuration.GetSection(section.Name).Get<LogOptions>() ?? new LogOptions();

        // Serilog writes to the console and to files; the only other provider is OpenTelemetry's, where there is a collector.
        builder.Logging.ClearProviders();
        builder.Host.UseSerilog(
            (context, logger) => Configure(logger, context.Configuration, options),
            preserveStaticLogger: true,
            writeToProviders: !string.IsNullOrEmpty(builder.Configuration[TelemetryRegistration.Endpoint])
        );
        ServiceDescriptor serilog = builder.Services.Last(service => service.ServiceType == typeof(ILoggerFactory));
        builder.Services.AddSingleton<ILoggerFactory>(services => new KeptLoggers(
            (ILoggerFactory)serilog.ImplementationFactory!(services)
        ));
    }

    private static void Configure(LoggerConfiguration logger, IConfiguration configuration, LogOptions options)
    {
        foreach ((string category, LogEventLevel level) in LogLevels.Read(configuration))
        {
            _ =
                category == LogLevels.Default
                    ? logger.MinimumLevel.Is(level)
                    : logger.MinimumLevel.Override(category, level);
        }

        ITextFormatter format = options.Json ? new RenderedCompactJsonFormatter() : new LogLine();
        logger.Enrich.FromLogContext().WriteTo.Console(format);
        if (options.File)
        {
            string folder = configuration.GetSection("Paths").Get<FecomPaths>()?.Logs ?? new FecomPaths().Logs;
            logger.WriteTo.File(
                format,
                Path.Combine(folder, FileName),
                fileSizeLimitBytes: options.FileMib * 1_024L * 1_024,
                rollOnFileSizeLimit: true,
                rollingInterval: RollingInterval.Day,
                retainedFileCountLimit: options.KeepFiles,
                flushToDiskInterval: FlushInterval
            );
        }
    }

    /// <summary>A line of text; within a trace it ends with the trace's id.</summary>
    private sealed class LogLine : ITextFormatter
    {
        private const string Start = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff} {Level:u3} {SourceContext}: {Message:lj}";

        private readonly MessageTemplateTextFormatter _plain = New($"{Start}{{NewLine}}{{Exception}}");
        private readonly MessageTemplateTextFormatter _traced = New(
            $"{Start} trace={{TraceId}}{{NewLine}}{{Exception}}"
        );

        public void Format(LogEvent logEvent, TextWriter output) =>
            (logEvent.TraceId is null ? _plain : _traced).Format(logEvent, output);

        private static MessageTemplateTextFormatter New(string template) => new(template, CultureInfo.InvariantCulture);
    }
}
