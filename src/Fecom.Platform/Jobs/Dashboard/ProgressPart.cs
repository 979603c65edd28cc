using System.Globalization;
using System.Net;
using Hangfire;
using Hangfire.Dashboard;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Platform.Jobs.Dashboard;

/// <summary>Shows a run's progress on its page of the dashboard. The page of a run that has not ended reloads itself.</summary>
internal static class ProgressPart
{
    private const int RefreshSeconds = 3;

    private static readonly Lock Gate = new();
    private static bool _isAdded;

    /// <summary>Adds the part, once a process: Hangfire's list of page parts is static.</summary>
    public static IGlobalConfiguration UseProgressPart(this IGlobalConfiguration hangfire)
    {
        lock (Gate)
        {
            if (!_isAdded)
            {
                hangfire.UseJobDetailsRenderer(0, Render);
                _isAdded = true;
            }
        }

        return hangfire;
    }

    private static NonEscapedString Render(JobDetailsRendererDto page)
    {
        string state = page.JobDetails.History.FirstOrDefault()?.StateName ?? "";
        bool hasEnded = state is "Succeeded" or "Failed" or "Deleted";
        string refresh = hasEnded
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $"""<meta http-equiv="refresh" content="{RefreshSeconds}">"""
            );
        RunProgress? progress = page
            .Page.Context.GetHttpContext()
            .RequestServices.GetRequiredService<RunTable>()
            .FindProgress(long.Parse(page.JobId, CultureInfo.InvariantCulture));
        if (progress is null)
        {
            return new NonEscapedString(refresh);
        }

        double? share = state == "Succeeded" ? 1 : progress.Share;
        string bar = share is { } done
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"""<div class="progress"><div class="progress-bar" role="progressbar" style="width: {done * 100:0}%; min-width: 3em">{done * 100:0}%</div></div>"""
            )
            : "";
        return new NonEscapedString(
            $"{refresh}<h3>Progress</h3>{bar}<p id=\"run-progress\">{WebUtility.HtmlEncode(progress.Progress)}</p>"
        );
    }
}
