using System.Text.Json;
using Fecom.Contracts;

namespace Fecom.Validation.ReadEvents;

/// <summary>
/// Reads the JSON of a raw event: plain, in an envelope of Kafka Connect, as a change of Debezium, or in both.
/// </summary>
/// <remarks>
/// Of changes, those that bring a row are events: <c>c</c> and, from a snapshot, <c>r</c>. What happened stays as it happened,
/// so <c>u</c>, <c>d</c> and <c>t</c> are no events and no errors; they are skipped. One pass over a plain event; only what
/// has none of an event's fields is looked at for another one within.
/// </remarks>
internal static class RawEventReader
{
    /// <summary>Reads the event, or says why it is none.</summary>
    /// <param name="json">The message.</param>
    /// <param name="problem">Why there is no event.</param>
    /// <param name="ofChanges">
    /// Whether its topic carries changes: there a message without content follows a row that was removed, an unwrapped row may
    /// have its decimals as text, and a connector may have sent more than rows.
    /// </param>
    /// <param name="headers">Of a topic that carries changes: what the message's headers say.</param>
    /// <param name="into">An event that nobody needs any more, to be filled again; a new one without.</param>
    public static RawEvent? Read(
        ReadOnlySpan<byte> json,
        out string? problem,
        bool ofChanges = false,
        in ChangeHeaders headers = default,
        RawEvent? into = null
    )
    {
        problem = null;
        if (ofChanges && (json.IsEmpty || json.SequenceEqual("null"u8)))
        {
            return new RawEvent { Kind = ChangeKind.Tombstone };
        }

        try
        {
            into?.Clear();
            return ReadMessage(json, into ?? new RawEvent(), out problem, ofChanges, headers);
        }
        catch (Exception exception) when (JsonFault.Is(exception))
        {
            problem = ForeignForm(json) ?? JsonFault.Describe(json, exception);
            return null;
        }
    }

    /// <summary>What a converter of Kafka Connect that does not write JSON has left in its place.</summary>
    private static string? ForeignForm(ReadOnlySpan<byte> bytes) =>
        bytes.Length > 5 && bytes[0] == 0
            ? $"not JSON but the form of a schema registry (Avro, Protobuf or JSON Schema: a zero byte and the schema's id): set SchemaRegistry:Url, or {UseJson}"
        : bytes.StartsWith("Struct{"u8) ? $"not JSON but the text of Kafka Connect's StringConverter: {UseJson}"
        : null;

    private const string UseJson = "set the connector's value.converter=org.apache.kafka.connect.json.JsonConverter";

    private static RawEvent? ReadMessage(
        ReadOnlySpan<byte> json,
        RawEvent e,
        out string? problem,
        bool ofChanges,
        in ChangeHeaders headers
    )
    {
        Wrapping wrapping = default;
        problem = ReadObject(json, e, ref wrapping);
        ReadOnlySpan<byte> schema = [];
        int start = 0;
        if (problem is null && wrapping.IsEnvelope && !e.HasFields)
        {
            if (wrapping.IsEmptyEnvelope)
            {
                e.Kind = ChangeKind.Tombstone;
                return e;
            }

            ofChanges = true;
            schema = wrapping.Schema is { } place ? json[place] : [];
            start = wrapping.Payload.Start.Value;
            json = json[wrapping.Payload];
            wrapping = default;
            problem = ReadObject(json, e, ref wrapping);
        }

        if (problem is null && wrapping.IsChange && !e.HasFields)
        {
            problem = ReadChange(json, start, e, ref wrapping, headers);
            ofChanges = true;
        }
        else if (problem is null && e.HasFields && (ofChanges || wrapping.IsUnwrapped))
        {
            ReadUnwrapped(e, wrapping, ofChanges, headers);
            e.Row = start..(start + json.Length);
        }
        else if (problem is null && ofChanges)
        {
            problem = ReadSign(e, wrapping);
        }

        if (problem is not null)
        {
            return null;
        }

        if (!e.IsSkipped && (ofChanges || wrapping.IsUnwrapped))
        {
            RowValues.Convert(e, schema.IsEmpty ? null : ConnectSchema.Read(schema));
        }

        return e;
    }

    private static string? ReadChange(
        ReadOnlySpan<byte> json,
        int start,
        RawEvent e,
        ref Wrapping wrapping,
        in ChangeHeaders headers
    )
    {
        ChangeSource source = default;
        if (wrapping.Source is { } place)
        {
            source = ChangeSource.Read(json[place]);
            e.Table = source.Table;
            e.SourceKey = source.Key is { } key ? Within(start + place.Start.Value, key) : null;
        }

        e.Kind = wrapping.Op switch
        {
            "u" when source.HasOldKey => ChangeKind.Rekeyed,
            "c" when headers.IsRekeyed => ChangeKind.Rekeyed,
            "c" => ChangeKind.Created,
            "r" => ChangeKind.Read,
            "u" => ChangeKind.Updated,
            "d" => ChangeKind.Deleted,
            "t" => ChangeKind.Truncated,
            "m" => ChangeKind.Message,
            _ => ChangeKind.None,
        };
        if (e.Kind == ChangeKind.None)
        {
            return "the change's op is none of c, r, u, d, t";
        }

        Range? after = wrapping.After;
        e.Row = after is { } row ? Within(start, row) : null;
        if (e.IsSkipped)
        {
            return null;
        }

        wrapping = default;
        return after is { } content
            ? ReadObject(json[content], e, ref wrapping)
            : "the change brings a row, but its after is no object";
    }

    /// <summary>An unwrapped row is new unless it, or a header, says otherwise.</summary>
    private static void ReadUnwrapped(RawEvent e, in Wrapping wrapping, bool ofChanges, in ChangeHeaders headers)
    {
        string? op = wrapping.UnwrappedOp(ofChanges) ?? headers.Op;
        e.LacksOp = op is null && !wrapping.IsRemoved;
        e.Table = wrapping.UnwrappedTable;
        e.Kind =
            wrapping.IsRemoved ? ChangeKind.Deleted
            : headers.IsRekeyed ? ChangeKind.Rekeyed
            : op switch
            {
                "r" => ChangeKind.Read,
                "u" => ChangeKind.Updated,
                "d" => ChangeKind.Deleted,
                "t" => ChangeKind.Truncated,
                "m" => ChangeKind.Message,
                _ => ChangeKind.Created,
            };
    }

    /// <summary>What a connector, or a router that sends all of its topics to one, has sent beside rows.</summary>
    private static string? ReadSign(RawEvent e, in Wrapping wrapping)
    {
        if (wrapping.IsCloudEvent)
        {
            return $"a CloudEvent of Debezium's CloudEventsConverter, which keeps the change elsewhere: {UseJson}";
        }

        e.Kind =
            wrapping.IsHeartbeat ? ChangeKind.Heartbeat
            : wrapping.IsTransaction ? ChangeKind.Transaction
            : ChangeKind.None;
        return null;
    }

    private static Range Within(int start, Range place) => (start + place.Start.Value)..(start + place.End.Value);

    private static string? ReadObject(ReadOnlySpan<byte> json, RawEvent e, ref Wrapping wrapping)
    {
        Fields fields = new(e);
        string? problem = EventReader.Read(json, ref fields);
        wrapping = fields.Wrapping;
        return problem;
    }

    internal static DateTime? ParseTime(in RawField field) =>
        field switch
        {
            { Kind: JsonTokenType.String, Text: { } text } when EventTimes.TryParse(text, out DateTime time) => time,
            { Kind: JsonTokenType.Number, Text: { } number } => ConnectValues.Time(number),
            _ => null,
        };

    internal static decimal? ParsePrice(in RawField field) =>
        field.Kind == JsonTokenType.Number ? RawField.Decimal(field.Text) : null;

    private struct Fields(RawEvent e) : IEventFields
    {
        private Wrapping _wrapping;

        public readonly Wrapping Wrapping => _wrapping;

        public void Take(EventKey key, ref Utf8JsonReader reader)
        {
            if (!key.IsOfRawEvent())
            {
                _wrapping.Take(ref reader);
                return;
            }

            RawField field = ReadValue(key, ref reader);
            e[key] = field;
            switch (key)
            {
                case EventKey.EventTime:
                    e.Time = ParseTime(field);
                    break;
                case EventKey.EventType:
                    e.Type =
                        field.Kind == JsonTokenType.String
                        && BehaviorEventTypes.TryParse(field.Text, out BehaviorEventType type)
                            ? type
                            : null;
                    break;
                case EventKey.Price:
                    e.Amount = ParsePrice(field);
                    break;
            }
        }

        private static RawField ReadValue(EventKey key, ref Utf8JsonReader reader)
        {
            reader.Read();
            JsonTokenType kind = reader.TokenType;
            if (kind == JsonTokenType.StartObject)
            {
                return ConnectValues.VariableScaleDecimal(ref reader) is { } number
                    ? new RawField(JsonTokenType.Number, number)
                    : new RawField(kind, null);
            }

            return
                key
                    is EventKey.EventType
                        or EventKey.ProductId
                        or EventKey.CategoryId
                        or EventKey.CategoryCode
                        or EventKey.Brand
                ? RawField.ReadShared(ref reader)
                : RawField.Read(ref reader);
        }
    }
}
