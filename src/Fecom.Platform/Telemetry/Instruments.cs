using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace Fecom.Platform.Telemetry;

/// <summary>Adds classes that hold instruments.</summary>
public static class Instruments
{
    /// <summary>Adds one, made with the meter provider: what it observes is exported from the start, whether or not anybody else asks for it.</summary>
    public static IServiceCollection AddInstruments<T>(this IServiceCollection services)
        where T : class
    {
        services.AddMetrics();
        services.AddSingleton<T>();
        return services.ConfigureOpenTelemetryMeterProvider((provider, _) => provider.GetRequiredService<T>());
    }
}
