using System.Buffers;
using System.Text.Json;
using Fecom.Contracts;
using Microsoft.AspNetCore.Http;

namespace Fecom.Ingestion.HttpEvents.AcceptEvents;

/// <summary>The events of one call: those of the right shape as NDJSON, the others with their errors.</summary>
internal sealed class EventBatch
{
    /// <summary>The maximum number of bytes of one event.</summary>
    public const int MaxEventBytes = 64 * 1024;

    /// <summary>No limit of depth here: an event that is nested too deeply is rejected alone, not with the others of its call.</summary>
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = int.MaxValue, AllowMultipleValues = true };

    /// <summary>Estimated bytes in memory of an id in the list, and of a rejected event with its errors.</summary>
    private const int IdBytes = 20;
    private const int RejectedBytes = 1_024;

    private readonly ArrayBufferWriter<byte> _payload;

    private readonly int _maxEvents;
    private readonly string? _key;
    private int _count;

    private EventBatch(int bytes, int maxEvents, string? key) =>
        (_payload, _maxEvents, _key) = (new ArrayBufferWriter<byte>(bytes + 1), maxEvents, key);

    /// <summary>One line an event, each with a line feed.</summary>
    public ReadOnlyMemory<byte> Payload => _payload.WrittenMemory;

    /// <summary>About how many bytes the batch takes in memory.</summary>
    public long MemoryBytes =>
        _payload.Capacity + ((long)IdBytes * ClientIds.Capacity) + ((long)RejectedBytes * Rejected.Count);

    /// <summary>Events in <see cref="Payload"/>.</summary>
    public int Accepted => ClientIds.Count;

    /// <summary>For each event in <see cref="Payload"/> the id by which a repeat is recognised: the client's own, or one derived from the call's idempotency key; null without either.</summary>
    public List<Guid?> ClientIds { get; } = [];

    public List<RejectedEvent> Rejected { get; } = [];

    /// <summary>Reads an object, an array of objects, or objects on lines of their own.</summary>
    /// <param name="body">The call's body.</param>
    /// <param name="lines">The call says that it is NDJSON.</param>
    /// <param name="maxEvents">The maximum number of events of a call.</param>
    /// <param name="key">The call's idempotency key; null when it has none.</param>
    /// <exception cref="BodyRefusedException">It is none of these, or has too many events.</exception>
    public static EventBatch Read(ReadOnlySpan<byte> body, bool lines, int maxEvents, string? key = null)
    {
        ReadOnlySpan<byte> text = (body.StartsWith("\uFEFF"u8) ? body[3..] : body).Trim(" \t\r\n"u8);
        if (text.IsEmpty)
        {
            throw new BodyRefusedException(
                StatusCodes.Status400BadRequest,
                "The body is empty. Send an event as a JSON object, several in an array, or one a line (application/x-ndjson)."
            );
        }

        EventBatch batch = new(text.Length, maxEvents, key);
        if (text[0] == '[' && !lines)
        {
            batch.ReadArray(text);
        }
        else if (lines)
        {
            batch.ReadLines(text);
        }
        else
        {
            batch.ReadValues(text);
        }

        return batch;
    }

    /// <summary>
    /// Reads one value, or several after each other, with line breaks anywhere. A body that is not JSON as a whole may still be lines,
    /// some of which are.
    /// </summary>
    private void ReadValues(ReadOnlySpan<byte> text)
    {
        List<Range> values = [];
        try
        {
            Utf8JsonReader reader = new(text, Deep);
            while (reader.Read())
            {
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                values.Add(start..(int)reader.BytesConsumed);
            }
        }
        catch (JsonException)
        {
            if (IsSeveralLines(text))
            {
                ReadLines(text);
            }
            else
            {
                Add(text);
            }

            return;
        }

        foreach (Range value in values)
        {
            Add(text[value]);
        }
    }

    /// <summary>The first line is a value of its own, and more lines follow.</summary>
    private static bool IsSeveralLines(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)'\n');
        return end > 0 && text[0] == '{' && text[..end].TrimEnd(" \t\r"u8)[^1] == '}';
    }

    private void ReadArray(ReadOnlySpan<byte> text)
    {
        try
        {
            Utf8JsonReader reader = new(text, Deep);
            reader.Read();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                Add(text[start..(int)reader.BytesConsumed]);
            }

            if (reader.Read())
            {
                throw new BodyRefusedException(
                    StatusCodes.Status400BadRequest,
                    "The body goes on after its array; send the events in one array, or one a line (application/x-ndjson)."
                );
            }
        }
        catch (JsonException e)
        {
            throw new BodyRefusedException(
                StatusCodes.Status400BadRequest,
                $"The body is an array and {JsonFault.Describe(text, e)}."
            );
        }
    }

    private void ReadLines(ReadOnlySpan<byte> text)
    {
        foreach (Range line in text.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> value = text[line].Trim(" \t\r"u8);
            if (!value.IsEmpty)
            {
                Add(value);
            }
        }
    }

    private void Add(ReadOnlySpan<byte> json)
    {
        int index = _count++;
        if (_count > _maxEvents)
        {
            throw new BodyRefusedException(
                StatusCodes.Status413PayloadTooLarge,
                $"A call may have {_maxEvents} events; send the others in further calls."
            );
        }

        Guid? id = null;
        IReadOnlyList<EventError> errors =
            json.Length > MaxEventBytes
                ? [new EventError("$", "event_size", $"the event has {json.Length} bytes, {MaxEventBytes} are allowed")]
                : PostedEvent.Check(json, out id);
        if (errors.Count > 0)
        {
            Rejected.Add(new RejectedEvent(index, errors));
            return;
        }

        ClientIds.Add(id ?? (_key is null ? null : IdempotencyKey.EventId(_key, index, json)));
        Append(json);
    }

    /// <summary>Replaces line breaks by spaces: inside valid JSON they can only be white space between tokens.</summary>
    private void Append(ReadOnlySpan<byte> json)
    {
        Span<byte> line = _payload.GetSpan(json.Length + 1)[..(json.Length + 1)];
        json.CopyTo(line);
        line[..json.Length].Replace((byte)'\n', (byte)' ');
        line[..json.Length].Replace((byte)'\r', (byte)' ');
        line[^1] = (byte)'\n';
        _payload.Advance(line.Length);
    }
}

/// <summary>An event that was not accepted.</summary>
/// <param name="Index">Its place in the call, from 0.</param>
/// <param name="Errors">Every error of its shape.</param>
internal sealed record RejectedEvent(int Index, IReadOnlyList<EventError> Errors);
