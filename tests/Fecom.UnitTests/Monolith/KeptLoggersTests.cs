using Fecom.Monolith;
using Microsoft.Extensions.Logging;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Xunit;

namespace Fecom.UnitTests.Monolith;

public sealed class KeptLoggersTests
{
    [Fact]
    public void CreateLogger_OfOneCategory_MakesOneThatWritesToSerilog()
    {
        Lines lines = new();
        using Logger serilog = new Serilog.LoggerConfiguration().WriteTo.Sink(lines).CreateLogger();
        using KeptLoggers loggers = new(new SerilogLoggerFactory(serilog));

        ILogger logger = loggers.CreateLogger("Shop");
        logger.LogWarning("Closed");

        Assert.Same(logger, loggers.CreateLogger("Shop"));
        Assert.NotSame(logger, loggers.CreateLogger("Stock"));
        LogEvent line = Assert.Single(lines.Seen);
        Assert.Equal("Closed", line.RenderMessage(null));
        Assert.Equal("\"Shop\"", line.Properties["SourceContext"].ToString("", null));
    }

    [Fact]
    public void Dispose_WritesWhatSerilogHolds()
    {
        Lines lines = new();
        KeptLoggers loggers = new(
            new SerilogLoggerFactory(
                new Serilog.LoggerConfiguration().WriteTo.Sink(lines).CreateLogger(),
                dispose: true
            )
        );

        loggers.Dispose();

        Assert.True(lines.IsDisposed);
    }

    private sealed class Lines : ILogEventSink, IDisposable
    {
        public List<LogEvent> Seen { get; } = [];

        public bool IsDisposed { get; private set; }

        public void Emit(LogEvent logEvent) => Seen.Add(logEvent);

        public void Dispose() => IsDisposed = true;
    }
}
