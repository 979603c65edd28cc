using Fecom.Contracts;
using Fecom.Ingestion.Shared.FollowSources;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>The table that this host has under way, if any.</summary>
internal sealed class ActiveTable(Supervision supervision, TimeProvider time, ILogger<ActiveTable> logger)
{
    public TableProgress? Current { get; private set; }

    public TableProgress Begin(FecomTable table, string fileName, long fileSize) =>
        Current = new TableProgress(
            new SourceProgress(TableSource.NameOf(table), 0, 0, supervision, time, logger),
            fileName,
            fileSize,
            time.GetUtcNow().UtcDateTime,
            () => Current = null
        );
}

/// <summary>How a table goes on this host.</summary>
/// <param name="Source">Records read and bytes of the file.</param>
/// <param name="FileName">The file.</param>
/// <param name="FileSize">Its bytes.</param>
/// <param name="StartedAt">When it began, UTC.</param>
/// <param name="Ended">Called when it ends.</param>
internal sealed record TableProgress(
    SourceProgress Source,
    string FileName,
    long FileSize,
    DateTime StartedAt,
    Action Ended
) : IDisposable
{
    public void Dispose()
    {
        Source.End();
        Ended();
    }
}
