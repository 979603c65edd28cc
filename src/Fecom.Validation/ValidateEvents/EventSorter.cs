using System.Buffers;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using FluentValidation.Results;
using ValidationResult = FluentValidation.Results.ValidationResult;

namespace Fecom.Validation.ValidateEvents;

/// <summary>
/// Checks raw events and makes of each one message: a validated event, or an invalid one with every error. Changes that are no
/// events (see <see cref="RawEventReader"/>) become none, and are counted.
/// </summary>
/// <remarks>One batch at a time: the lists and buffers serve the next batch again, as large ones burden the collector.</remarks>
internal sealed class EventSorter(RawEventValidator validator, TimeProvider time)
{
    private bool _ofChanges;
    private readonly EventIds _ids = new();
    private readonly List<OutgoingMessage> _valid = [];
    private readonly List<OutgoingMessage> _invalid = [];
    private readonly ArrayBufferWriter<byte> _buffer = new(1_024);
    private readonly Utf8JsonWriter _writer = new(
        Stream.Null,
        new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }
    );

    /// <summary>Messages of the last batch that were changes and no events.</summary>
    public int Skipped { get; private set; }

    /// <param name="messages">The batch.</param>
    /// <param name="ofChanges">Whether the topic carries changes: see <see cref="RawEventReader.Read"/>.</param>
    public (IReadOnlyList<OutgoingMessage> Valid, IReadOnlyList<OutgoingMessage> Invalid) Sort(
        IReadOnlyList<TopicMessage<RawMessage>> messages,
        bool ofChanges = false
    )
    {
        _ofChanges = ofChanges;
        Skipped = 0;
        _valid.Clear();
        _invalid.Clear();
        DateTime now = Microsecond(time.GetUtcNow().UtcDateTime);
        for (int i = 0; i < messages.Count; i++)
        {
            Validate(messages[i], now, _valid, _invalid);
        }

        return (_valid, _invalid);
    }

    private void Validate(in TopicMessage<RawMessage> message, DateTime now, List<OutgoingMessage> valid, List<OutgoingMessage> invalid)
    {
        if (message.Malformed is { } malformed)
        {
            invalid.Add(Refuse(message, now, [new EventError("$", "well_formed", malformed)]));
            return;
        }

        RawEvent? raw = RawEventReader.Read(message.Value.Bytes, out string? problem, _ofChanges);
        if (raw is null)
        {
            invalid.Add(Refuse(message, now, [new EventError("$", "json_object", problem!)]));
            return;
        }

        if (raw.IsSkipped)
        {
            Skipped++;
            return;
        }

        ValidationResult result = validator.Validate(raw);
        if (!result.IsValid)
        {
            invalid.Add(Refuse(message, now, [.. result.Errors.Select(Error)]));
            return;
        }

        BehaviorEvent e = ToEvent(raw, message.Origin, now);
        valid.Add(new OutgoingMessage(Encoding.UTF8.GetBytes(e.UserId), Write(e)));
    }

    private byte[] Write(BehaviorEvent e)
    {
        _buffer.ResetWrittenCount();
        _writer.Reset(_buffer);
        BehaviorEventJson.Write(_writer, e);
        return _buffer.WrittenSpan.ToArray();
    }

    private BehaviorEvent ToEvent(RawEvent raw, in MessageOrigin origin, DateTime now) =>
        new()
        {
            EventId = raw.EventId.IsMissing ? _ids.At(origin) : EventId.FromClient(raw.EventId.Text!),
            EventTime = raw.Time!.Value,
            EventType = raw.Type!.Value,
            ProductId = raw.ProductId.Text!,
            CategoryId = Optional(raw.CategoryId),
            CategoryCode = Optional(raw.CategoryCode),
            Brand = Optional(raw.Brand),
            Price = raw.Amount!.Value,
            UserId = raw.UserId.Text!,
            UserSession = raw.UserSession.Text!,
            Source = origin.Source,
            Position = origin.Position,
            ReceivedAt = Microsecond(origin.ReceivedAt),
            ValidatedAt = now,
        };

    private OutgoingMessage Refuse(in TopicMessage<RawMessage> message, DateTime now, IReadOnlyList<EventError> errors) =>
        new(
            message.Key,
            TopicJson.Write(
                new InvalidEvent
                {
                    EventId = _ids.At(message.Origin),
                    Source = message.Origin.Source,
                    Position = message.Origin.Position,
                    ReceivedAt = message.Origin.ReceivedAt,
                    RejectedAt = now,
                    Errors = errors,
                    Original = message.Value.Bytes,
                }
            ),
            message.Origin
        );

    private static EventError Error(ValidationFailure failure)
    {
        string field = JsonNamingPolicy.SnakeCaseLower.ConvertName(failure.PropertyName);
        return new EventError(field, failure.ErrorCode, failure.ErrorMessage);
    }

    private static string? Optional(in RawField field) => field.IsMissing ? null : field.Text;

    /// <summary>PostgreSQL keeps microseconds: cut here once, so that every store has the same time.</summary>
    private static DateTime Microsecond(DateTime value) => new(value.Ticks - (value.Ticks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);

    /// <summary>Event ids by origin; the source's hash is computed once for a run of its events.</summary>
    private sealed class EventIds
    {
        private string _source = "";
        private ulong _hash;

        public Guid At(in MessageOrigin origin)
        {
            if (!ReferenceEquals(origin.Source, _source) && origin.Source != _source)
            {
                _source = origin.Source;
                _hash = EventId.HashSource(_source);
            }

            return EventId.At(_hash, origin.Position);
        }
    }
}
