using System.Buffers;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Validation.ReadEvents;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Makes the messages that a batch of raw events becomes: validated events, and invalid ones.</summary>
/// <remarks>One batch at a time: the writer and its buffer serve every event.</remarks>
internal sealed class EventMessages(ValidationRules rules, TimeProvider time)
{
    /// <summary>Bytes of an invalid event beside its original: its key (twice) and its errors.</summary>
    private const int AroundOriginal = 128 * 1024;

    private readonly TimeSpan _late = TimeSpan.FromHours(rules.LateHours);
    private readonly EventIds _ids = new();
    private readonly ArrayBufferWriter<byte> _buffer = new(1_024);
    private readonly Utf8JsonWriter _writer = new(
        Stream.Null,
        new JsonWriterOptions
        {
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            SkipValidation = true,
        }
    );
    private bool _ofChanges;
    private int _maxOriginal;
    private DateTime _now;

    /// <summary>Begins a batch: all its messages tell the same time.</summary>
    /// <param name="ofChanges">Whether its topic carries changes.</param>
    /// <param name="maxBytes">The maximum number of bytes of a message that the topic of invalid events takes.</param>
    public void Begin(bool ofChanges, int maxBytes)
    {
        _ofChanges = ofChanges;
        // The original goes in base64.
        _maxOriginal = Math.Min(CutOriginal.MaxEventBytes, Math.Max(0, maxBytes - AroundOriginal) / 4 * 3);
        _now = Microsecond(time.GetUtcNow().UtcDateTime);
    }

    /// <summary>Hash of a source's name.</summary>
    public ulong HashOf(string source) => _ids.Hash(source);

    /// <summary>A message of the validated topic.</summary>
    public OutgoingMessage Valid(BehaviorEvent e)
    {
        _buffer.ResetWrittenCount();
        _writer.Reset(_buffer);
        BehaviorEventJson.Write(_writer, e);
        return new OutgoingMessage(Encoding.UTF8.GetBytes(e.UserId), _buffer.WrittenSpan.ToArray());
    }

    /// <summary>The event that a valid raw one is.</summary>
    /// <param name="raw">Breaks no rule.</param>
    /// <param name="row">Of a change that names its row: the id of that row.</param>
    /// <param name="message">Brought it.</param>
    public BehaviorEvent Event(RawEvent raw, Guid? row, in TopicMessage<RawMessage> message)
    {
        MessageOrigin origin = message.Origin;
        return new()
        {
            EventId = raw[EventKey.EventId] is { IsMissing: false, Text: { } id }
                ? EventId.FromClient(id)
                : row ?? _ids.At(origin),
            EventTime = raw.Time!.Value,
            EventType = raw.Type!.Value,
            ProductId = raw[EventKey.ProductId].Text!,
            CategoryId = Optional(raw[EventKey.CategoryId]),
            CategoryCode = Optional(raw[EventKey.CategoryCode]),
            Brand = Optional(raw[EventKey.Brand]),
            Price = raw.Amount!.Value,
            UserId = raw[EventKey.UserId].Text!,
            UserSession = raw[EventKey.UserSession].Text!,
            Source = origin.Source,
            Position = origin.Position,
            Lane = message.Partition,
            ReceivedAt = Microsecond(origin.ReceivedAt),
            ValidatedAt = _now,
            Late = origin.ReceivedAt - raw.Time!.Value > _late,
        };
    }

    /// <summary>A message of the invalid topic, with every error and the event as it came.</summary>
    public OutgoingMessage Invalid(in TopicMessage<RawMessage> message, IReadOnlyList<EventError> errors)
    {
        (byte[] original, CutOriginal? cut) = CutOriginal.Keep(message.Value.Bytes, _maxOriginal);
        return new(
            // It only decides the partition; a huge one must not make the message too large.
            CutOriginal.Keep(message.Key, CutOriginal.MaxKeyBytes).Kept,
            TopicJson.Write(
                new InvalidEvent
                {
                    EventId = _ids.At(message.Origin),
                    Source = message.Origin.Source,
                    Position = message.Origin.Position,
                    ReceivedAt = message.Origin.ReceivedAt,
                    RejectedAt = _now,
                    Errors = errors,
                    Original = original,
                    Cut = cut,
                    Key = _ofChanges && message.Key.Length <= CutOriginal.MaxKeyBytes ? message.Key : null,
                }
            ),
            message.Origin with
            {
                Source = SourceLane.Name(message.Origin.Source, message.Partition),
            }
        );
    }

    private static string? Optional(in RawField field) => field.IsMissing ? null : field.Text;

    /// <summary>PostgreSQL keeps microseconds: cut here once, so that every store has the same time.</summary>
    private static DateTime Microsecond(DateTime value) =>
        new(value.Ticks - (value.Ticks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);

    /// <summary>Event ids by origin; the source's hash is computed once for a run of its events.</summary>
    private sealed class EventIds
    {
        private string _source = "";
        private ulong _hash;

        public Guid At(in MessageOrigin origin) => EventId.At(Hash(origin.Source), origin.Position);

        public ulong Hash(string source)
        {
            if (!ReferenceEquals(source, _source) && source != _source)
            {
                _source = source;
                _hash = EventId.HashSource(_source);
            }

            return _hash;
        }
    }
}
