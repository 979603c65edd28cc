using Fecom.Learning.Views;

namespace Fecom.Features.StreamFeatures;

/// <summary>An entity on its way through a tick.</summary>
internal sealed class EntityWork(string entity)
{
    public string Entity => entity;

    /// <summary>Its state, stepped in place; null until it is known.</summary>
    public EntityState? State { get; set; }

    /// <summary>Revision of its row before the tick; 0 when it has none.</summary>
    public long Revision { get; set; }

    /// <summary>Revision of its row with the tick.</summary>
    public long NextRevision { get; private set; }

    /// <summary>The state with the tick, as it is written.</summary>
    public ReadOnlyMemory<byte> Packed { get; private set; }

    /// <summary>Partition of an event of the tick: the partitions of a tick move together, any will do to find the entity again.</summary>
    public int Partition { get; init; }

    /// <summary>Packs the state under the next revision.</summary>
    /// <param name="packed">Takes the bytes.</param>
    /// <param name="now">The time of writing, UTC.</param>
    public void Pack(PackedStates packed, DateTime now)
    {
        NextRevision = Revisions.Next(Revision, now);
        Packed = packed.Add(State!.Packed(NextRevision));
    }
}
