using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>The load that this host has under way, if any.</summary>
internal sealed class ActiveLoad(Supervision supervision, TimeProvider time, ILogger<ActiveLoad> logger)
{
    public LoadProgress? Current { get; private set; }

    public LoadProgress Begin(FileLoad load) =>
        Current = new LoadProgress(load, supervision, time, logger, () => Current = null);
}
