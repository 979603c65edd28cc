using System.Text.Json;
using Fecom.Contracts;

namespace Fecom.Validation.ReadEvents;

/// <summary>Gives the values of a change's row the meaning that Kafka Connect's schema, or the lack of one, has for them.</summary>
internal static class RowValues
{
    /// <summary>The ids of a row that a database may keep as a number.</summary>
    private static readonly EventKey[] Ids =
    [
        EventKey.ProductId,
        EventKey.CategoryId,
        EventKey.UserId,
        EventKey.UserSession,
    ];

    /// <summary>Gives the values of a row of a change their meaning.</summary>
    /// <param name="e">The row.</param>
    /// <param name="fields">What its schema says; null when it has none.</param>
    public static void Convert(RawEvent e, ConnectField[]? fields)
    {
        e.Converted = fields ?? [];
        foreach (ConnectField field in e.Converted)
        {
            if (field.Key == EventKey.EventTime)
            {
                e.Time = ConnectTime(e[EventKey.EventTime], field);
            }
            else if (field.Form == ConnectForm.Decimal && (field.Key == EventKey.Price || Ids.Contains(field.Key)))
            {
                e[field.Key] = Number(e[field.Key], field.Scale);
            }
        }

        if (fields is null)
        {
            e.Unscaled = Unscaled(e);
            e.Time = TimeBySize(e[EventKey.EventTime]) ?? e.Time;
        }

        // Where a number may have a fraction, the connector writes that of an id too.
        foreach (EventKey id in Ids)
        {
            e[id] = Whole(e[id]);
        }

        // A connector writes a decimal as a number, or, so as to lose nothing, as text.
        e.Amount = e[EventKey.Price] is { Kind: JsonTokenType.String, Text: { } text }
            ? RawField.Decimal(text)
            : RawEventReader.ParsePrice(e[EventKey.Price]);
    }

    /// <summary>Without a schema the size of a number tells its unit, that of a date's days too; a numeric column's may have a fraction of zeros.</summary>
    private static DateTime? TimeBySize(in RawField time) =>
        Whole(time) is { Kind: JsonTokenType.Number, Text: { } number }
            ? ConnectValues.Time(number, ConnectValues.IsDays(number) ? ConnectForm.Days : null)
            : null;

    private static DateTime? ConnectTime(in RawField time, ConnectField field) =>
        field.Form == ConnectForm.Decimal
            ? Whole(Number(time, field.Scale)) is { Kind: JsonTokenType.Number, Text: { } number }
                ? ConnectValues.Time(number)
                : null
            : time is { Kind: JsonTokenType.Number, Text: { } text }
                ? ConnectValues.Time(text, field.Form)
                : RawEventReader.ParseTime(time);

    /// <summary>Fields that came as a decimal's bytes; almost always none.</summary>
    private static IReadOnlyList<EventKey> Unscaled(RawEvent e)
    {
        List<EventKey>? fields = null;
        if (e[EventKey.Price] is { Kind: JsonTokenType.String, Text: { } price } && ConnectValues.MayBeUnscaled(price))
        {
            (fields ??= []).Add(EventKey.Price);
        }

        foreach (EventKey key in Ids)
        {
            if (
                e[key] is { Kind: JsonTokenType.String, Text: { Length: > 0 } text }
                && ConnectValues.IsUnscaledId(text)
            )
            {
                (fields ??= []).Add(key);
            }
        }

        return fields ?? (IReadOnlyList<EventKey>)[];
    }

    private static RawField Whole(in RawField field) =>
        field is { Kind: JsonTokenType.Number, Text: { } text }
        && text.AsSpan().ContainsAny('.', 'e', 'E')
        && ConnectValues.Whole(text) is { } whole
            ? new RawField(JsonTokenType.Number, whole)
            : field;

    /// <summary>Bytes that are no decimal stay what they are: text, which no number's rule takes.</summary>
    private static RawField Number(in RawField field, int scale) =>
        field.Kind == JsonTokenType.String && ConnectValues.Number(field.Text, scale) is { } number
            ? new RawField(JsonTokenType.Number, number)
            : field;
}
