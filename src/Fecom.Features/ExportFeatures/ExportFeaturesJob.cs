using Fecom.Platform.Jobs;
using Microsoft.Extensions.Options;

namespace Fecom.Features.ExportFeatures;

/// <summary>Exports what the settings <c>Features:Export</c> name.</summary>
internal sealed class ExportFeaturesJob(FeatureExport export, IOptions<ExportOptions> options, TimeProvider time) : IJob
{
    public const string Name = "export_features";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        ExportOptions wanted = options.Value;
        if (string.IsNullOrEmpty(wanted.Entities) || string.IsNullOrEmpty(wanted.Output))
        {
            throw new RunNotNeededException(
                "Features:Export:Entities and Features:Export:Output do not name the files to read and to write."
            );
        }

        DateTime asOf = (wanted.AsOf ?? time.GetUtcNow()).UtcDateTime;
        ExportRequest request = new(wanted.Entities, wanted.Output, wanted.Views, asOf);
        ExportedFeatures written = await export.RunAsync(
            request,
            (progress, share) => run.Report(progress, share),
            cancellationToken
        );
        await run.ReportAsync(FeatureExport.Summary(written, request), share: 1, cancellationToken);
    }
}
