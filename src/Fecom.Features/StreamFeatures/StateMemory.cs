using System.Diagnostics.CodeAnalysis;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// The states of one view that this host has written lately. Another host may have moved some on meanwhile: that shows when
/// PostgreSQL refuses the write, by the row's revision. Bounded: the half that was not used lately goes when it is full.
/// </summary>
internal sealed class StateMemory(int capacity)
{
    private Dictionary<string, KnownState> _recent = new(StringComparer.Ordinal);
    private Dictionary<string, KnownState> _older = new(StringComparer.Ordinal);

    public bool TryFind(string entity, [MaybeNullWhen(false)] out KnownState known) =>
        _recent.TryGetValue(entity, out known) || _older.TryGetValue(entity, out known);

    /// <summary>Takes what was written.</summary>
    public void Remember(IEnumerable<EntityWork> written)
    {
        foreach (EntityWork work in written)
        {
            _recent[work.Entity] = new KnownState(work.State!, work.NextRevision);
        }

        if (_recent.Count > capacity / 2)
        {
            (_older, _recent) = (_recent, _older);
            _recent.Clear();
        }
    }

    public void Forget()
    {
        _recent.Clear();
        _older.Clear();
    }
}

/// <summary>An entity's newest state that this host knows of.</summary>
/// <param name="State">The state.</param>
/// <param name="Revision">Revision of its row in PostgreSQL.</param>
internal readonly record struct KnownState(Fecom.Learning.Views.EntityState State, long Revision);
