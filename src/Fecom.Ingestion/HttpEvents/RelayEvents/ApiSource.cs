using Fecom.Ingestion.HttpEvents.AcceptEvents;
using Fecom.Ingestion.Shared.FollowSources;

namespace Fecom.Ingestion.HttpEvents.RelayEvents;

/// <summary>The HTTP API as a source.</summary>
internal sealed class ApiSource(OutboxTable outbox, RelayProgress progress) : ISourceCatalog
{
    public const string Name = "api";

    public async Task<IReadOnlyList<SourceStatus>> ListAsync(CancellationToken cancellationToken)
    {
        (long lastSeq, long backlog) = await outbox.StateAsync(cancellationToken);
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
