using Fecom.Features.StreamFeatures;
using Fecom.Platform.Jobs;

namespace Fecom.Features.MaterializeFeatures;

/// <summary>Builds the features anew from bronze, while the stream goes on; the online store follows.</summary>
internal sealed class MaterializeFeaturesJob(Materialization materialization) : IJob
{
    public const string Name = "materialize_features";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        long states = await materialization.RunAsync(onlyIfAsked: false, cancellationToken);
        await run.ReportAsync($"built {states} states from the events of bronze", share: 1, cancellationToken);
    }
}
