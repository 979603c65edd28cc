using Fecom.Ingestion.Shared.FollowSources;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>The progress of this host's capture, and why it waits.</summary>
internal sealed class CaptureProgress(
    Supervision supervision,
    IOptions<CaptureOptions> options,
    TimeProvider time,
    ILogger<CaptureProgress> logger
)
{
    public SourceProgress Source { get; } =
        new(CaptureSource.NameOf(options.Value.Table), 0, 0, supervision, time, logger);

    /// <summary>Whether this host follows the table.</summary>
    public bool IsHere { get; set; }

    /// <summary>Changes were lost; nothing continues until somebody requests a new snapshot.</summary>
    public bool IsLost { get; private set; }

    /// <summary>A new snapshot with a new slot was requested, whatever was taken before.</summary>
    public bool IsAnew { get; private set; }

    /// <summary>Wakes a capture that waits.</summary>
    public Signal Asked { get; } = new();

    public void Lost(bool isLost) => IsLost = isLost;

    public void AskAnew()
    {
        (IsLost, IsAnew) = (false, true);
        Asked.Set();
    }

    public void BegunAnew() => IsAnew = false;
}
