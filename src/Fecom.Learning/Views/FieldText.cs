using System.Globalization;

namespace Fecom.Learning.Views;

/// <summary>How the texts of fields become values; <see cref="PackedWriter"/> writes them.</summary>
internal static class FieldText
{
    public static string? ToText(string text) => text.Length == 0 ? null : text;

    public static int ToInt(string text, string field) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw Unreadable(field, text);

    public static long ToLong(string text, string field) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw Unreadable(field, text);

    public static decimal ToDecimal(string text, string field) =>
        decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out decimal number)
            ? number
            : throw Unreadable(field, text);

    public static DateTime ToTime(string text, string field) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long microseconds)
            ? DateTime.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond)
            : throw Unreadable(field, text);

    /// <summary>Puts alternating names and values into the order of <paramref name="names"/>; names that the view does not have are left out.</summary>
    public static string?[] Arrange(IReadOnlyList<string> fields, IReadOnlyList<string> names)
    {
        string?[] values = new string?[names.Count];
        for (int i = 0; i + 1 < fields.Count; i += 2)
        {
            for (int place = 0; place < values.Length; place++)
            {
                if (names[place] == fields[i])
                {
                    values[place] = fields[i + 1];
                    break;
                }
            }
        }

        return values;
    }

    /// <summary>True when no field has a value: the online store does not know the entity.</summary>
    /// <exception cref="FormatException">Some fields have a value and some have none, or their number is not the view's.</exception>
    public static bool IsAbsent(ReadOnlySpan<string?> values, FeatureView view)
    {
        if (values.Length != view.FieldNames.Count)
        {
            throw new FormatException($"View {view.Name} has {view.FieldNames.Count} fields, not {values.Length}.");
        }

        int missing = values.Count((string?)null);
        if (missing == 0 || missing == values.Length)
        {
            return missing > 0;
        }

        string field = view.FieldNames[values.IndexOf((string?)null)];
        throw new FormatException($"Field {field} of view {view.Name} is missing.");
    }

    public static FormatException Unreadable(string field, string text) =>
        new($"Field {field} cannot be read from '{text}'.");
}
