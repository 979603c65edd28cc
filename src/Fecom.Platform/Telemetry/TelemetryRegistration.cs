using Fecom.Platform.Messaging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Fecom.Platform.Telemetry;

/// <summary>Metrics at <c>/metrics</c>; metrics, traces and logs to an OpenTelemetry collector where one is configured.</summary>
public static class TelemetryRegistration
{
    /// <summary>The setting that names the collector.</summary>
    public const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Service = "fecom";

    /// <summary>Polled by machines: counted in the metrics, not traced.</summary>
    private static readonly PathString[] Untraced = ["/health", "/metrics", "/swagger", "/hangfire"];

    /// <summary>
    /// Exports over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector; OpenTelemetry's other environment variables
    /// (protocol, headers, sampler, interval, resource attributes) hold as well. Without one nothing is traced.
    /// </summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        bool exports = !string.IsNullOrEmpty(configuration[Endpoint]);
        OpenTelemetryBuilder telemetry = services
            .AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(Service).AddEnvironmentVariableDetector())
            .WithMetrics(metrics => Measure(metrics, exports));
        services.AddInstruments<HealthMetrics>();
        services.AddSingleton<IHealthCheckPublisher>(provider => provider.GetRequiredService<HealthMetrics>());
        if (exports)
        {
            telemetry.WithTracing(Trace).WithLogging(logs => logs.AddOtlpExporter(), IncludeText);
            services.AddHostedService<RedisTraces>();
        }

        return services;
    }

    /// <summary>Maps <c>/metrics</c> in Prometheus' and OpenMetrics' text.</summary>
    public static IEndpointRouteBuilder MapMetrics(this IEndpointRouteBuilder routes)
    {
        routes.MapPrometheusScrapingEndpoint();
        return routes;
    }

    private static void Measure(MeterProviderBuilder metrics, bool exports)
    {
        metrics
            .AddMeter("Fecom.*", "Npgsql")
            .AddAspNetCoreInstrumentation()
            .AddHttpClientInstrumentation()
            .AddRuntimeInstrumentation()
            .AddProcessInstrumentation()
            .AddPrometheusExporter();
        if (exports)
        {
            metrics.AddOtlpExporter();
        }
    }

    /// <summary>Of a line its text, and what it was made of.</summary>
    private static void IncludeText(OpenTelemetryLoggerOptions logs)
    {
        logs.IncludeFormattedMessage = true;
        logs.IncludeScopes = true;
    }

    private static void Trace(TracerProviderBuilder traces) =>
        traces
            .AddSource(EndpointMetrics.Name)
            .AddAspNetCoreInstrumentation(requests =>
                requests.Filter = context =>
                    !Array.Exists(
                        Untraced,
                        path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase)
                    )
            )
            .AddHttpClientInstrumentation()
            .AddNpgsql()
            .AddRedisInstrumentation()
            .AddOtlpExporter();
}
