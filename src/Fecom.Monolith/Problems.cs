using Fecom.Platform.Failures;
using Fecom.Platform.Messaging;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Npgsql;

namespace Fecom.Monolith;

/// <summary>The problem document of a failed request: what is wrong with it and where, or that a server is unavailable and the request may be repeated.</summary>
internal static class Problems
{
    private const string RetrySeconds = "2";
    private const string NoText = PostgresErrorCodes.CharacterNotInRepertoire;
    private const string NoJsonText = PostgresErrorCodes.UntranslatableCharacter;

    public static int StatusOf(Exception exception) =>
        exception switch
        {
            BadHttpRequestException bad => bad.StatusCode,
            _ when HoldsNul(exception) => StatusCodes.Status400BadRequest,
            _ when IsOutage(exception) => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status500InternalServerError,
        };

    /// <summary>Whether the request's log line is enough, because the caller or a server is the cause. Bugs of ours are logged with their stack.</summary>
    public static bool IsExplained(Exception exception) =>
        StatusOf(exception) != StatusCodes.Status500InternalServerError;

    public static void Explain(ProblemDetailsContext context)
    {
        HttpContext http = context.HttpContext;
        ProblemDetails problem = context.ProblemDetails;
        Exception? error = http.Features.Get<IExceptionHandlerFeature>()?.Error;
        if (error is BadHttpRequestException bad)
        {
            Mistake mistake = Mistakes.Of(bad, http);
            problem.Detail = mistake.Detail;
            if (mistake.Field is { } field)
            {
                problem.Extensions["errors"] = new Dictionary<string, string[]>(StringComparer.Ordinal)
                {
                    [field] = [mistake.Detail],
                };
            }
        }
        else if (error is not null && HoldsNul(error))
        {
            problem.Detail = "A text of the call holds the character U+0000, which no text here can have.";
        }
        else if (error is not null && IsOutage(error))
        {
            problem.Detail =
                $"A server that this call needs is not available: {FailureText.Of(error)}. See /health/ready, and call again.";
            http.Response.Headers.RetryAfter = RetrySeconds;
        }
        else if (error is not null)
        {
            problem.Detail = "That is a fault of Fecom's, not of the call; the log has it under the trace_id.";
        }
        else if (problem is not HttpValidationProblemDetails)
        {
            problem.Detail ??= Mistakes.OfStatus(problem.Status ?? http.Response.StatusCode, http);
        }

        RequestLog.Tell(http, Told(problem));
    }

    private static string Told(ProblemDetails problem) =>
        problem is HttpValidationProblemDetails { Errors: { Count: > 0 } errors }
            ? string.Join("; ", errors.Take(3).Select(error => $"{error.Key}: {string.Join(" ", error.Value)}"))
            : problem.Detail ?? problem.Title ?? "";

    /// <summary>A missing file or a disconnected caller is no server's outage, nor is wrong SQL of ours (class 42, except a missing right).</summary>
    private static bool IsOutage(Exception exception) =>
        exception
            is not (
                IOException
                or OperationCanceledException
                or PostgresException { SqlState: not PostgresErrorCodes.InsufficientPrivilege and ['4', '2', ..] }
            )
        && Outage.Is(exception);

    private static bool HoldsNul(Exception exception) =>
        exception is PostgresException { SqlState: NoText or NoJsonText };
}
