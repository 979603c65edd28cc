namespace Fecom.Platform.Jobs;

/// <summary>A job that a module registered.</summary>
public sealed record JobDefinition
{
    /// <summary>Name, unique in the process and the same in every replica: <c>load_files</c>. It is in addresses and in the setting <c>Jobs:NAME:Cron</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, for a person.</summary>
    public required string Description { get; init; }

    /// <summary>The queue whose workers run it. Default <see cref="JobQueues.Default"/>.</summary>
    public string Queue { get; init; } = JobQueues.Default;

    /// <summary>When it runs unless <c>Jobs:NAME:Cron</c> says otherwise: five fields, UTC. Default none: on demand only.</summary>
    public string DefaultCron { get; init; } = "";

    /// <summary>How often a run that failed is tried again by itself, after 15 s, one minute, then five. Default never.</summary>
    public int Retries { get; init; }

    /// <summary>
    /// Whether runs of it are under way side by side, on one host and on several. Each finds for itself what nobody else does, by rows of
    /// its module. Default false: one run at a time, over all hosts.
    /// </summary>
    public bool RunsSideBySide { get; init; }

    /// <summary>The setting that held the schedule in earlier versions; the host refuses to start while it is set.</summary>
    public string? FormerCronSetting { get; init; }
}

/// <summary>The queues of runs. Each has workers of its own, so that no load waits for a training.</summary>
public static class JobQueues
{
    /// <summary>Loads and transformations.</summary>
    public const string Etl = "etl";

    /// <summary>Trainings.</summary>
    public const string Training = "training";

    /// <summary>Trials of studies: every host has workers for them, so that a study uses them all.</summary>
    public const string Tuning = "tuning";

    /// <summary>All else.</summary>
    public const string Default = "default";
}
