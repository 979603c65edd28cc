using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;

namespace Fecom.Serving.LimitLoad;

/// <summary>Lets a request go on when it is its turn; one that has waited too long, or finds the queue full, is answered 503 with Retry-After.</summary>
internal sealed class LoadFilter(ServingLoad load) : IEndpointFilter
{
    private const string RetrySeconds = "1";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        using RateLimitLease lease = await load.EnterAsync(context.HttpContext.RequestAborted);
        if (lease.IsAcquired)
        {
            return await next(context);
        }

        context.HttpContext.Response.Headers.RetryAfter = RetrySeconds;
        return TypedResults.Problem(
            "This host answers as many predictions and recommendations at once as it may, and its queue is full. Call again after the seconds of Retry-After; Serving:MaxConcurrentRequests and Serving:MaxQueuedRequests are the limits.",
            statusCode: StatusCodes.Status503ServiceUnavailable,
            title: "Too many requests at once"
        );
    }
}
