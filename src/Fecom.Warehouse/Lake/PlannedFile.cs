using Fecom.Contracts;

namespace Fecom.Warehouse.Lake;

/// <summary>A file of the lake by its name.</summary>
internal sealed record PlannedFile
{
    public required DateTime Hour { get; init; }

    public required int Partition { get; init; }

    public required long FirstOffset { get; init; }

    public string Name => LakeNames.File(Hour, Partition, FirstOffset);
}

/// <summary>What makes an event in bronze one: a client may have given the same id twice.</summary>
internal readonly record struct LakeEventKey(Guid EventId, string Source, long Position)
{
    public static LakeEventKey Of(BehaviorEvent e) => new(e.EventId, e.Source, e.Position);
}
