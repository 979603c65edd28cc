using Fecom.Ingestion.FollowSources;
using Fecom.Ingestion.RunSources;

namespace Fecom.Ingestion.OrdersAsPurchases;

/// <summary>The purchases of the order tables as a source; there is one as soon as one of these tables has come.</summary>
internal sealed class PurchaseSource(PurchaseTable table, PurchaseProgress progress) : ISourceCatalog, IStartableSources
{
    public async Task<IReadOnlyList<SourceStatus>> ListAsync(CancellationToken cancellationToken)
    {
        PurchaseState state = await table.StateAsync(cancellationToken);
        if (state.Joined is null)
        {
            return [];
        }

        IReadOnlyList<SourceFinding> waiting = state.WaitingItems;
        long items = waiting.Sum(finding => finding.Count);
        bool loading = state.Announced < state.NextPosition - 1;
        return
        [
            new SourceStatus
            {
                Name = PurchaseProgress.SourceName,
                Kind = PurchaseProgress.Kind,
                State = loading ? "loading" : "completed",
                Rows = state.NextPosition - 1,
                Malformed = 0,
                Position = state.Taken,
                Backlog = state.NextPosition - 1 - state.Taken,
                RowsPerSecond = loading ? Math.Round(progress.Source.Rate.Rows) : null,
                Findings = items == 0 ? null : waiting,
                Notice = items == 0 ? null : $"{items} order items wait for their order, customer or product.",
                LastError = progress.Source.LastError,
            },
        ];
    }

    public Task<string?> FindAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult(name == PurchaseProgress.SourceName ? name : null);
}
