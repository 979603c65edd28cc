namespace Fecom.Serving.SetRules;

/// <summary>Brings the rules and the stock in memory to what PostgreSQL has.</summary>
internal sealed class RulesRefresh(RulesInForce inForce, RuleSetTable rules, StockTable stock) : IDisposable
{
    private const int MaxChanges = 50_000;

    private readonly SemaphoreSlim _turn = new(1);
    private long _change;

    /// <summary>Reads what is new.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (await rules.NewestNumberAsync(cancellationToken) != inForce.Current.Rules.Version)
            {
                RuleSetVersion newest = await rules.NewestAsync(cancellationToken);
                inForce.Current = inForce.Current with { Rules = RuleSetChecks.ToRules(newest) };
            }

            IReadOnlyList<StockEntry> changes;
            do
            {
                changes = await stock.ChangesAsync(_change, MaxChanges, cancellationToken);
                Take(changes);
            } while (changes.Count == MaxChanges);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private void Take(IReadOnlyList<StockEntry> changes)
    {
        if (changes.Count == 0)
        {
            return;
        }

        HashSet<string> outOfStock = new(inForce.Current.OutOfStock, StringComparer.Ordinal);
        foreach (StockEntry entry in changes)
        {
            _ = entry.InStock ? outOfStock.Remove(entry.ProductId) : outOfStock.Add(entry.ProductId);
        }

        inForce.Current = inForce.Current with { OutOfStock = outOfStock };
        _change = changes[^1].Change;
    }
}
