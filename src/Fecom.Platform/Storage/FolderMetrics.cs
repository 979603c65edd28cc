using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Storage;

/// <summary>The room that is left on the disks of the host's folders.</summary>
internal sealed class FolderMetrics
{
    private readonly FecomPaths _paths;

    public FolderMetrics(IMeterFactory meters, IOptions<FecomPaths> paths)
    {
        _paths = paths.Value;
        Meter meter = meters.Create("Fecom.Storage");
        meter.CreateObservableGauge("fecom.storage.free", Free, "By", "Bytes left on the disk of a folder.");
        meter.CreateObservableGauge(
            "fecom.storage.required",
            () => _paths.MinFreeMegabytes * 1_024L * 1_024,
            "By",
            "Bytes below which health is degraded (Paths:MinFreeMegabytes)."
        );
    }

    private IEnumerable<Measurement<long>> Free()
    {
        foreach ((string name, string folder) in new[] { ("data", _paths.Data), ("models", _paths.Models) })
        {
            if (Existing(folder) is { } there)
            {
                yield return new Measurement<long>(
                    new DriveInfo(there).AvailableFreeSpace,
                    new KeyValuePair<string, object?>("fecom.folder", name)
                );
            }
        }
    }

    /// <summary>A folder that is made later is on the disk of the one above it.</summary>
    private static string? Existing(string folder)
    {
        string? path = Path.GetFullPath(folder);
        while (path is not null && !Directory.Exists(path))
        {
            path = Path.GetDirectoryName(path);
        }

        return path;
    }
}
