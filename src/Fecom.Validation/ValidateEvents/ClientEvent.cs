using System.Runtime.InteropServices;
using Fecom.Contracts;

namespace Fecom.Validation.ValidateEvents;

/// <summary>A valid event that has an id of its client's.</summary>
/// <param name="Message">Its index in the batch.</param>
/// <param name="Valid">Its index among the batch's valid events.</param>
/// <param name="Id">The id.</param>
/// <param name="Source">Hash of its source's name.</param>
/// <param name="Position">Its place in the source.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ClientEvent(int Message, int Valid, Guid Id, ulong Source, long Position)
{
    /// <summary>Why the second event of an id is refused.</summary>
    public static EventError Duplicate { get; } =
        new(
            "event_id",
            "duplicate",
            "an event with this event_id was taken before; events that happened are told apart by their ids"
        );
}
