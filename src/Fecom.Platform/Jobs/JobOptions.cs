using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Jobs;

/// <summary>How jobs run on this host. Section <c>Jobs</c>, which also has each job's schedule as <c>Jobs:NAME:Cron</c>.</summary>
internal sealed class JobOptions
{
    /// <summary>Loads that run at once on this host (queue <c>etl</c>). Default 2; 0 leaves them to other hosts.</summary>
    [Range(0, 64)]
    public int EtlWorkers { get; set; } = 2;

    /// <summary>Trainings that run at once on this host (queue <c>training</c>). Default 1; 0 leaves them to other hosts.</summary>
    [Range(0, 64)]
    public int TrainingWorkers { get; set; } = 1;

    /// <summary>Trials of studies that run at once on this host (queue <c>tuning</c>). Default 1; 0 leaves them to other hosts.</summary>
    [Range(0, 64)]
    public int TuningWorkers { get; set; } = 1;

    /// <summary>Other jobs that run at once on this host (queue <c>default</c>). Default 1.</summary>
    [Range(1, 64)]
    public int DefaultWorkers { get; set; } = 1;

    /// <summary>Seconds without a heartbeat of its host after which another host takes a run over. Default 30.</summary>
    [Range(2, 3_600)]
    public int TakeoverSeconds { get; set; } = 30;

    /// <summary>Seconds between two polls for runs that were requested on other hosts; a host starts its own at once. Default 5.</summary>
    [Range(0.1, 60)]
    public double PollSeconds { get; set; } = 5;

    /// <summary>Seconds between two checks for scheduled runs that are due. Default 15.</summary>
    [Range(0.1, 60)]
    public double ScheduleSeconds { get; set; } = 15;

    /// <summary>Days for which a run that has ended is kept. Default 7.</summary>
    [Range(1, 3_650)]
    public int KeepDays { get; set; } = 7;
}

[OptionsValidator]
internal sealed partial class JobOptionsValidator : IValidateOptions<JobOptions>;

/// <summary>Refuses a setting below <c>Jobs</c> that would have no effect: of a job that does not exist, or by its name in an earlier version.</summary>
internal sealed class JobSettingsValidator(IConfiguration configuration, IEnumerable<JobDefinition> jobs)
    : IValidateOptions<JobOptions>
{
    public ValidateOptionsResult Validate(string? name, JobOptions options)
    {
        JobDefinition[] all = [.. jobs];
        List<string> faults =
        [
            .. configuration
                .GetSection("Jobs")
                .GetChildren()
                .Where(child =>
                    child["Cron"] is not null
                    && !all.Any(job => string.Equals(job.Name, child.Key, StringComparison.OrdinalIgnoreCase))
                )
                .Select(child =>
                    $"Jobs:{child.Key}:Cron is set, but there is no such job. The jobs are {string.Join(", ", all.Select(job => job.Name))}."
                ),
            .. all.Where(job =>
                    job.FormerCronSetting is { } former && !string.IsNullOrWhiteSpace(configuration[former])
                )
                .Select(job => $"{job.FormerCronSetting} is now Jobs:{job.Name}:Cron."),
        ];
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
