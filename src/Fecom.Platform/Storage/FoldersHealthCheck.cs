using Fecom.Platform.Failures;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Storage;

/// <summary>
/// Whether the host's folders are writable and have room left: a disk that is read-only, full or nearly full shows
/// here before a snapshot or a model is lost, and often before PostgreSQL's disk is full, which would stop it. Events need
/// neither folder, so the host stays in service.
/// </summary>
internal sealed class FoldersHealthCheck(IOptions<FecomPaths> paths) : IHealthCheck
{
    private const int ProbeBytes = 4_096;

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        List<string> failures = [];
        foreach (
            (string setting, string folder) in new[]
            {
                ("Paths:Data", Path.Combine(paths.Value.Data, "processed")),
                ("Paths:Models", paths.Value.Models),
            }
        )
        {
            try
            {
                await WriteAsync(folder, cancellationToken);
                long free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace / (1024 * 1024);
                if (free < paths.Value.MinFreeMegabytes)
                {
                    failures.Add(
                        $"{setting}: its disk is nearly full, {free} MiB are left (Paths:MinFreeMegabytes warns below {paths.Value.MinFreeMegabytes})"
                    );
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                failures.Add($"{setting}: {FailureText.Of(e)}");
            }
        }

        return failures.Count == 0
            ? HealthCheckResult.Healthy("data and models can be written")
            : HealthCheckResult.Degraded(string.Join("; ", failures));
    }

    /// <summary>Writes and deletes a file, since only that detects a full disk.</summary>
    private static async Task WriteAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await using FileStream probe = new(
            Path.Combine(folder, $".{Guid.CreateVersion7():N}.probe"),
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
            }
        );
        await probe.WriteAsync(new byte[ProbeBytes], cancellationToken);
        await probe.FlushAsync(cancellationToken);
    }
}
