using System.Globalization;

namespace Fecom.Warehouse.BuildTables;

/// <summary>How far a run is with the Fecom tables.</summary>
internal sealed class TableChainProgress
{
    private readonly Lock _gate = new();
    private readonly List<string> _failures = [];
    private readonly Dictionary<string, long> _gold = new(StringComparer.Ordinal);
    private long _changes;
    private long _silver;
    private long _waiting;

    /// <summary>Whether there was anything to do.</summary>
    public bool HasWork => Steps > 0;

    /// <summary>Steps in all; 0 when there is nothing to do.</summary>
    public int Steps { get; private set; }

    public int DoneSteps { get; private set; }

    /// <summary>Whether gold has changed.</summary>
    public bool HasPromoted
    {
        get
        {
            lock (_gate)
            {
                return _gold.Count > 0;
            }
        }
    }

    /// <summary>What failed: table or keys, rule and rows.</summary>
    public IReadOnlyList<string> Failures
    {
        get
        {
            lock (_gate)
            {
                return [.. _failures];
            }
        }
    }

    /// <param name="changes">Changes that bronze has and silver has not.</param>
    /// <param name="steps">Tables to silver, and kinds of keys to gold.</param>
    public void Begin(long changes, int steps)
    {
        lock (_gate)
        {
            _changes = changes;
            Steps = steps;
        }
    }

    public void EndStep()
    {
        lock (_gate)
        {
            DoneSteps++;
        }
    }

    public void AddSilver(long changes)
    {
        lock (_gate)
        {
            _silver += changes;
        }
    }

    public void AddGold(string name, long keys)
    {
        lock (_gate)
        {
            _gold[name] = _gold.GetValueOrDefault(name) + keys;
        }
    }

    public void SetWaiting(long orders)
    {
        lock (_gate)
        {
            _waiting = orders;
        }
    }

    public void AddFailure(string failure)
    {
        lock (_gate)
        {
            _failures.Add(failure);
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            string gold = string.Join(
                ", ",
                _gold.Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Value:N0} {kind.Key}"))
            );
            return string.Create(
                CultureInfo.InvariantCulture,
                $"tables: bronze → silver {_silver:N0} of {_changes:N0} changes, silver → gold {(gold.Length == 0 ? "nothing" : gold)}, {_waiting:N0} orders wait for what a quality rule misses (silver.waiting_order), {_failures.Count} pieces failed a rule"
            );
        }
    }
}
