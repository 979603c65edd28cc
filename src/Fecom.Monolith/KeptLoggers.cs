using System.Collections.Concurrent;

namespace Fecom.Monolith;

/// <summary>
/// Keeps the logger of each category. Each result of an endpoint asks for one by its category; Serilog's factory would make another for
/// each call.
/// </summary>
/// <param name="loggers">Makes them; disposed with this.</param>
internal sealed class KeptLoggers(ILoggerFactory loggers) : ILoggerFactory
{
    private readonly ConcurrentDictionary<string, ILogger> _kept = new(StringComparer.Ordinal);

    public ILogger CreateLogger(string categoryName) => _kept.GetOrAdd(categoryName, loggers.CreateLogger);

    public void AddProvider(ILoggerProvider provider) => loggers.AddProvider(provider);

    public void Dispose() => loggers.Dispose();
}
