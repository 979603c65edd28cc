using Fecom.Ingestion.HttpEvents.Shared;
using Fecom.Ingestion.Shared.FollowSources;

namespace Fecom.Ingestion.HttpEvents.RelayEvents;

/// <summary>The HTTP API as a source.</summary>
internal sealed class ApiSource(OutboxState outbox, RelayProgress progress) : ISourceCatalog
{
    public const string Name = "api";

    public async Task<IReadOnlyList<SourceStatus>> ListAsync(CancellationToken cancellationToken)
    {
        (long lastSeq, long backlog) = await outbox.ReadAsync(cancellationToken);
        return
        [
            new SourceStatus
            {
                Name = Name,
                Kind = "api",
                State = "open",
                Rows = lastSeq,
                Malformed = 0,
                Position = lastSeq - backlog,
                Backlog = backlog,
                LastError = progress.LastError,
            },
        ];
    }
}
