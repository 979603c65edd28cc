using System.Globalization;
using Hangfire;
using Hangfire.States;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.Jobs;

/// <summary>What the dashboard's buttons do.</summary>
internal static class Dashboard
{
    public static void Requeue(JobHost host, long run) =>
        Change(host, run, new EnqueuedState { Reason = "Triggered via Dashboard UI" });

    public static void Delete(JobHost host, long run) =>
        Change(host, run, new DeletedState { Reason = "Triggered via Dashboard UI" });

    public static void Trigger(JobHost host, string job) =>
        host.Services.GetRequiredService<IRecurringJobManager>().Trigger(job);

    private static void Change(JobHost host, long run, IState state) =>
        host
            .Services.GetRequiredService<IBackgroundJobClient>()
            .ChangeState(run.ToString(CultureInfo.InvariantCulture), state);
}
