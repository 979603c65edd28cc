using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;

namespace Fecom.Monolith;

/// <summary>A request that cannot be read gets a problem that says where it is wrong.</summary>
internal static class BadRequests
{
    public static int StatusOf(Exception exception) =>
        exception is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError;

    public static void Explain(ProblemDetailsContext context)
    {
        if (context.HttpContext.Features.Get<IExceptionHandlerFeature>()?.Error is BadHttpRequestException bad)
        {
            context.ProblemDetails.Detail = bad.InnerException is JsonException json
                ? $"The body is not the JSON that is expected here: at {json.Path}, line {json.LineNumber + 1}."
                : bad.Message;
        }
    }
}
