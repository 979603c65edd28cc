using Fecom.Access.Authorize;
using Fecom.Platform.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Access.RecordChanges;

/// <summary>Has every change written down: what needs the scope operate or admin and does not only read.</summary>
internal static class AuditMiddleware
{
    /// <summary>Comes after authorization: what was refused has changed nothing.</summary>
    /// <param name="app">The host.</param>
    /// <param name="statusOf">The HTTP status with which a call that ends in an exception is answered further out.</param>
    public static void UseAudit(this IApplicationBuilder app, Func<Exception, int> statusOf)
    {
        AuditLog log = app.ApplicationServices.GetRequiredService<AuditLog>();
        app.Use((http, next) => IsChange(http) ? RecordAsync(log, http, next, statusOf) : next(http));
    }

    private static bool IsChange(HttpContext http) =>
        !AccessTable.IsReading(http.Request.Method)
        && http.GetEndpoint() is { } endpoint
        && endpoint.Metadata.GetMetadata<ChangesNothing>() is null
        && AccessTable.Find(endpoint, http.Request.Method, http.Request.Path)
            is AccessScopes.Operate
                or AccessScopes.Admin
        && !IsPolled(http.Request.Path);

    /// <summary>The dashboard's pages ask for their figures with POST.</summary>
    private static bool IsPolled(PathString path) => path.Equals("/hangfire/stats", StringComparison.OrdinalIgnoreCase);

    private static async Task RecordAsync(
        AuditLog log,
        HttpContext http,
        RequestDelegate next,
        Func<Exception, int> statusOf
    )
    {
        string call =
            http.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName
            ?? $"{http.Request.Method} {http.Request.Path}";
        IReadOnlyDictionary<string, string> details = await ChangeDetails.ReadAsync(http.Request, http.RequestAborted);
        long id = await log.BeginAsync(http, call, details, http.RequestAborted);
        int status = StatusCodes.Status500InternalServerError;
        try
        {
            await next(http);
            status = http.Response.StatusCode;
        }
        catch (Exception e)
        {
            status = statusOf(e);
            throw;
        }
        finally
        {
            await log.EndAsync(id, status, http.Response.Headers.Location);
        }
    }
}
