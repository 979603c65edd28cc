using System.Text.Json;
using Fecom.Contracts;

namespace Fecom.Ingestion.HttpEvents.AcceptEvents;

/// <summary>An event as a call brings it: its shape, the client's own id, and whether it is marked as a database's row that was changed or removed.</summary>
internal struct PostedEvent() : IEventFields
{
    /// <summary>Validation skips such a row when it comes from a database; from a shop's backend it is a mistake.</summary>
    private static readonly EventError RemovedRow = new(
        "$",
        "new_row",
        "__op or __deleted says that this is a database row that was changed or removed, which is no event; leave them out"
    );

    private BehaviorEventShape _shape = new();
    private RawField _id;
    private bool _isChanged;
    private bool _isDeleted;

    /// <summary>Every error of the event; empty when it can be accepted.</summary>
    /// <param name="json">The event.</param>
    /// <param name="id">The client's own id; null when it has none, or the event has errors.</param>
    public static IReadOnlyList<EventError> Check(ReadOnlySpan<byte> json, out Guid? id)
    {
        PostedEvent e = new();
        id = null;
        if (EventReader.TryRead(json, ref e) is { } problem)
        {
            return [EventRules.NoEvent(problem)];
        }

        if (e._isChanged || e._isDeleted)
        {
            return [RemovedRow];
        }

        IReadOnlyList<EventError> errors = e._shape.Errors();
        id = errors.Count == 0 && !e._id.IsMissing ? EventId.FromClient(e._id.Text!) : null;
        return errors;
    }

    public void Take(EventKey key, ref Utf8JsonReader reader)
    {
        if (key == EventKey.Other)
        {
            TakeMark(ref reader);
            return;
        }

        if (key == EventKey.EventId)
        {
            Utf8JsonReader value = reader;
            value.Read();
            _id = RawField.Read(ref value);
        }

        _shape.Take(key, ref reader);
    }

    /// <summary>A connector that unwraps changes marks updated and deleted rows so.</summary>
    private void TakeMark(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("__deleted"u8))
        {
            reader.Read();
            _isDeleted =
                reader.TokenType == JsonTokenType.True
                || (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("true"u8));
        }
        else if (reader.ValueTextEquals("__op"u8))
        {
            reader.Read();
            _isChanged =
                reader.TokenType == JsonTokenType.String
                && (
                    reader.ValueTextEquals("u"u8)
                    || reader.ValueTextEquals("d"u8)
                    || reader.ValueTextEquals("t"u8)
                    || reader.ValueTextEquals("m"u8)
                );
        }
    }
}
