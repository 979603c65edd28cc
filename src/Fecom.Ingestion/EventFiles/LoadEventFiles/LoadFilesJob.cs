using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.RunSources;
using Fecom.Platform.Jobs;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>Loads the input folder on a schedule: behaviour files and exports of the Fecom tables. The run ends when the loads do.</summary>
internal sealed class LoadFilesJob(LoadRuns runs, IOptions<LoadOptions> options, TimeProvider time) : IJob
{
    public const string Name = "load_files";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        if (!options.Value.Enabled)
        {
            throw new InvalidOperationException("Ingestion:Files:Enabled is false: no host loads files.");
        }

        LoadRun[] asked =
        [
            await runs.RequestAsync(FileSourceName.AllFiles, cancellationToken),
            await runs.RequestAsync(FileSourceName.AllTables, cancellationToken),
        ];
        for (int i = 0; i < asked.Length; i++)
        {
            await run.ReportAsync($"loading {asked[i].Source}", (double)i / asked.Length, cancellationToken);
            await EndAsync(asked[i], cancellationToken);
        }
    }

    private async Task EndAsync(LoadRun run, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            LoadRun? now = await runs.FindAsync(run.Id, cancellationToken);
            if (now?.State == "failed" && now.Error != LoadRun.NoFile)
            {
                throw new InvalidOperationException(now.Error);
            }

            if (now?.State is "completed" or "failed")
            {
                return;
            }
        }
    }
}
