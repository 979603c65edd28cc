using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Features.StreamFeatures;

/// <summary>What a batch says of one product or category by itself.</summary>
/// <param name="Entity">Its id.</param>
/// <param name="Partition">The partition of an event of the batch with it: they all move together, any will do to find the row again.</param>
/// <param name="State">The state after the batch's events alone.</param>
internal readonly record struct Delta<T>(string Entity, int Partition, T State);

/// <summary>A batch's events by product or by category.</summary>
internal sealed class TallyTable
{
    private readonly Dictionary<string, (EventTally Tally, int Partition)> _tallies = new(StringComparer.Ordinal);

    public void Add(string entity, BehaviorEvent e, int partition)
    {
        ref (EventTally Tally, int Partition) place = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _tallies,
            entity,
            out bool known
        );
        if (known)
        {
            place.Tally.Add(e);
        }
        else
        {
            place = (new EventTally(e), partition);
        }
    }

    /// <summary>The deltas in ascending order of their ids: hosts that write the same rows wait for each other and never in a circle.</summary>
    public Delta<T>[] Deltas<T>(Func<EventTally, T> stateOf)
    {
        Delta<T>[] deltas = new Delta<T>[_tallies.Count];
        int count = 0;
        foreach ((string entity, (EventTally tally, int partition)) in _tallies)
        {
            deltas[count++] = new Delta<T>(entity, partition, stateOf(tally));
        }

        Array.Sort(deltas, static (a, b) => string.CompareOrdinal(a.Entity, b.Entity));
        return deltas;
    }

    public void Clear() => _tallies.Clear();
}
