using Fecom.Platform.Access;
using Hangfire.Dashboard;
using Microsoft.AspNetCore.Http;

namespace Fecom.Platform.Jobs.Dashboard;

/// <summary>Lets in whoever may open the dashboard; everybody else is told which setting decides it.</summary>
internal sealed class DashboardAccess(CallerAccess access) : IDashboardAsyncAuthorizationFilter
{
    public async Task<bool> AuthorizeAsync(DashboardContext context)
    {
        HttpContext call = context.GetHttpContext();
        if (access.MaySeeDashboard(call))
        {
            return true;
        }

        await TypedResults
            .Problem(
                "The dashboard answers to browsers on this machine alone, under the name localhost. The setting Access__Dashboard=anyone opens it to others, Access__Operate=anyone lets them start and delete runs too.",
                statusCode: StatusCodes.Status403Forbidden,
                title: "Not for this caller"
            )
            .ExecuteAsync(call);
        return false;
    }
}
