using Fecom.Platform.Messaging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Fecom.Platform.Telemetry;

/// <summary>Metrics at <c>/metrics</c>; metrics and traces to an OpenTelemetry collector where one is configured.</summary>
public static class TelemetryRegistration
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
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
        if (exports)
        {
            telemetry.WithTracing(Trace);
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
