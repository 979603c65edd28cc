using System.Text.Json;
using Fecom.Platform.Messaging;
using Microsoft.AspNetCore.Diagnostics;

namespace Fecom.Monolith;

/// <summary>What a request that failed is told: where it cannot be read, or that a server is away and it may be sent again.</summary>
internal static class Problems
{
    private const string RetrySeconds = "2";

    public static int StatusOf(Exception exception) =>
        exception switch
        {
            BadHttpRequestException bad => bad.StatusCode,
            _ when IsOutage(exception) => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status500InternalServerError,
        };

    public static void Explain(ProblemDetailsContext context)
    {
        Exception? error = context.HttpContext.Features.Get<IExceptionHandlerFeature>()?.Error;
        if (error is BadHttpRequestException bad)
        {
            context.ProblemDetails.Detail = bad.InnerException is JsonException json
                ? $"The body is not the JSON that is expected here: at {json.Path}, line {json.LineNumber + 1}."
                : bad.Message;
        }
        else if (error is not null && IsOutage(error))
        {
            context.ProblemDetails.Detail = "A server that this call needs does not answer now: see /health/ready. Call again.";
            context.HttpContext.Response.Headers.RetryAfter = RetrySeconds;
        }
    }

    /// <summary>A file or a caller that is gone is no server's outage.</summary>
    private static bool IsOutage(Exception exception) => exception is not IOException && Outage.Is(exception);
}
