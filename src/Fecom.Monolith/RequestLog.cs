using Fecom.Platform.Requests;
using Fecom.WebConsole;
using Serilog;
using Serilog.Events;

namespace Fecom.Monolith;

/// <summary>One line a request: what was asked, the status, the time it took, and what was wrong with it.</summary>
internal static class RequestLog
{
    private static readonly object ProblemKey = new();

    /// <summary>Polled by machines or by an open page: logged at the level Debug.</summary>
    private static readonly PathString[] Quiet =
    [
        "/health",
        "/metrics",
        "/swagger",
        "/hangfire",
        "/_blazor",
        "/_content",
        "/_framework",
    ];

    /// <summary>Has to come before whatever turns exceptions into answers.</summary>
    public static void UseRequestLog(this WebApplication app) =>
        app.UseSerilogRequestLogging(log =>
        {
            log.Logger = app.Services.GetRequiredService<Serilog.ILogger>();
            log.MessageTemplate = "{RequestMethod} {RequestPath} {StatusCode} in {Elapsed:0.00} ms{Problem:l}";
            log.GetLevel = (context, _, _) => LevelOf(context);
            log.EnrichDiagnosticContext = (line, context) =>
                line.Set("Problem", context.Items[ProblemKey] is string problem ? $": {problem}" : "");
        });

    /// <summary>Adds the problem that the caller gets to the request's log line.</summary>
    public static void Tell(HttpContext context, string problem) => context.Items[ProblemKey] = problem;

    private static LogEventLevel LevelOf(HttpContext context) =>
        IsOneOfMany(context) || IsOfAnOpenPage(context) || IsQuiet(context.Request.Path) ? LogEventLevel.Debug
        : context.Response.StatusCode >= StatusCodes.Status500InternalServerError ? LogEventLevel.Warning
        : LogEventLevel.Information;

    private static bool IsQuiet(PathString asked) =>
        Array.Exists(Quiet, path => asked.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));

    /// <summary>Of calls that come by the thousand a second, which the metrics count, only what fails is worth a line.</summary>
    private static bool IsOneOfMany(HttpContext context) =>
        context.Response.StatusCode < StatusCodes.Status400BadRequest
        && context.GetEndpoint()?.Metadata.GetMetadata<ApiScope>() is { IsFrequent: true };

    /// <summary>The console reads the API every few seconds for each page; what it has done, and what fails, is logged as others' calls are.</summary>
    private static bool IsOfAnOpenPage(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method)
        && context.Response.StatusCode < StatusCodes.Status400BadRequest
        && context.Request.Headers.UserAgent == ConsoleModule.UserAgent;
}
