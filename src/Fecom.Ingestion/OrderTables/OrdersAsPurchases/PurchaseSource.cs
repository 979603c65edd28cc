using Fecom.Ingestion.Shared.FollowSources;
using Fecom.Ingestion.Shared.RunSources;

namespace Fecom.Ingestion.OrderTables.OrdersAsPurchases;

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

        IReadOnlyList<SourceFinding> findings = state.WaitingItems;
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
                Findings = findings.Count == 0 ? null : findings,
                Notice = Notice(findings),
                LastError = progress.Source.LastError,
            },
        ];
    }

    private static string? Notice(IReadOnlyList<SourceFinding> findings)
    {
        long notBought = Count(findings, "not_bought");
        long cancelled = Count(findings, "cancelled_later");
        long waiting = findings.Sum(finding => finding.Count) - notBought - cancelled;
        string[] parts =
        [
            .. waiting == 0 ? (string[])[] : [$"{waiting} order items wait for their order, customer or product."],
            .. notBought == 0
                ? (string[])[]
                : [$"{notBought} order items are of orders that are cancelled or unavailable, and are no purchases."],
            .. cancelled == 0
                ? (string[])[]
                :
                [
                    $"{cancelled} order items became purchases before their order was cancelled or unavailable; an event that was sent stays.",
                ],
        ];
        return parts.Length == 0 ? null : string.Join(' ', parts);
    }

    private static long Count(IReadOnlyList<SourceFinding> findings, string kind) =>
        findings.FirstOrDefault(finding => finding.Kind == kind)?.Count ?? 0;

    public Task<string?> FindAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult(name == PurchaseProgress.SourceName ? name : null);
}
