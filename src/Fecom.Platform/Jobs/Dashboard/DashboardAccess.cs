using Fecom.Platform.Access;
using Hangfire.Dashboard;

namespace Fecom.Platform.Jobs.Dashboard;

/// <summary>Lets in whoever may read. The host refuses everybody else before, with words: this holds should it ever forget to.</summary>
internal sealed class DashboardAccess : IDashboardAuthorizationFilter
{
    public bool Authorize(DashboardContext context) =>
        CallerRights.Allows(context.GetHttpContext().User, AccessScopes.Read);

    /// <summary>Whether the caller only looks: the dashboard shows them no buttons, and refuses what these would do.</summary>
    public static bool IsReadOnly(DashboardContext context) =>
        !CallerRights.Allows(context.GetHttpContext().User, AccessScopes.Operate);
}
