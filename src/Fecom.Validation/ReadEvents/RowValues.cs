using System.Text.Json;
using Fecom.Contracts;

namespace Fecom.Validation.ReadEvents;

/// <summary>Gives the values of a change's row the meaning that Kafka Connect's schema, or the lack of one, has for them.</summary>
internal static class RowValues
{
    /// <summary>Gives the values of a row of a change their meaning.</summary>
    /// <param name="e">The row.</param>
    /// <param name="fields">What its schema says; null when it has none.</param>
    public static void Convert(RawEvent e, ConnectField[]? fields)
    {
        e.Converted = fields ?? [];
        foreach (ConnectField field in e.Converted)
        {
            if (field.Name == "event_time")
            {
                e.Time = ConnectTime(e.EventTime, field);
            }
            else if (field.Form == ConnectForm.Decimal)
            {
                ConvertDecimal(e, field);
            }
        }

        if (fields is null)
        {
            e.Unscaled = Unscaled(e);
            e.Time = TimeBySize(e.EventTime) ?? e.Time;
        }

        // Where a number may have a fraction, the connector writes that of an id too.
        e.ProductId = Whole(e.ProductId);
        e.CategoryId = Whole(e.CategoryId);
        e.UserId = Whole(e.UserId);
        e.UserSession = Whole(e.UserSession);
        // A connector writes a decimal as a number, or, so as to lose nothing, as text.
        e.Amount = e.Price is { Kind: JsonTokenType.String, Text: { } text }
            ? RawField.Decimal(text)
            : RawEventReader.ParsePrice(e.Price);
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

    private static void ConvertDecimal(RawEvent e, ConnectField field)
    {
        switch (field.Name)
        {
            case "price":
                e.Price = Number(e.Price, field.Scale);
                break;
            case "product_id":
                e.ProductId = Number(e.ProductId, field.Scale);
                break;
            case "category_id":
                e.CategoryId = Number(e.CategoryId, field.Scale);
                break;
            case "user_id":
                e.UserId = Number(e.UserId, field.Scale);
                break;
            case "user_session":
                e.UserSession = Number(e.UserSession, field.Scale);
                break;
        }
    }

    /// <summary>Fields that came as a decimal's bytes; almost always none.</summary>
    private static IReadOnlyList<string> Unscaled(RawEvent e)
    {
        List<string>? fields = null;
        if (e.Price is { Kind: JsonTokenType.String, Text: { } price } && ConnectValues.MayBeUnscaled(price))
        {
            (fields ??= []).Add("price");
        }

        Id("product_id", e.ProductId);
        Id("category_id", e.CategoryId);
        Id("user_id", e.UserId);
        Id("user_session", e.UserSession);
        return fields ?? [];

        void Id(string name, in RawField field)
        {
            if (field is { Kind: JsonTokenType.String, Text: { Length: > 0 } text } && ConnectValues.IsUnscaledId(text))
            {
                (fields ??= []).Add(name);
            }
        }
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
