using Fecom.Platform.Messaging;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Fecom.Platform.Telemetry;

/// <summary>Sends metrics and traces to an OpenTelemetry collector.</summary>
public static class TelemetryRegistration
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// Exports over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector; OpenTelemetry's other environment variables
    /// (protocol, headers, sampler, interval, resource attributes) hold as well. Otherwise nothing is measured for nobody.
    /// </summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration) =>
        string.IsNullOrEmpty(configuration[Endpoint]) ? services : services.AddHostedService<TelemetryExport>();

    private sealed class TelemetryExport : IHostedService, IDisposable
    {
        private MeterProvider? _metrics;
        private TracerProvider? _traces;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            ResourceBuilder resource = ResourceBuilder.CreateDefault().AddService("fecom").AddEnvironmentVariableDetector();
            _metrics = Sdk.CreateMeterProviderBuilder()
                .SetResourceBuilder(resource)
                .AddMeter("Fecom.*", "Npgsql", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddOtlpExporter()
                .Build();
            _traces = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource(EndpointMetrics.Name, "Microsoft.AspNetCore", "Npgsql")
                .AddOtlpExporter()
                .Build();
            return Task.CompletedTask;
        }

        /// <summary>Disposing sends what is left.</summary>
        public Task StopAsync(CancellationToken cancellationToken)
        {
            Dispose();
            return Task.CompletedTask;
        }

        public void Dispose()
        {
            _metrics?.Dispose();
            _traces?.Dispose();
            (_metrics, _traces) = (null, null);
        }
    }
}
