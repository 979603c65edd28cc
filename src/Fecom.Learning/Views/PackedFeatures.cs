using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Fecom.Learning.Views;

/// <summary>
/// An entity's features as one value of the online store: the format's number, the revision in nineteen digits, and the values
/// as a JSON array of texts in the order of the view's fields. The beginning ascends with the states, compared as text, so
/// that an older state never takes the place of a newer one.
/// </summary>
public static class PackedFeatures
{
    /// <summary>Another number for another format; greater ones take the place of smaller ones.</summary>
    public const char Format = '1';

    /// <summary>Characters before the values: format and revision.</summary>
    public const int PrefixLength = 1 + RevisionDigits;

    private const int RevisionDigits = 19;

    /// <summary>A state's values with another revision.</summary>
    /// <param name="revision">Greater with each state of the entity.</param>
    /// <param name="values">What follows the prefix.</param>
    public static string Pack(long revision, string values)
    {
        Span<char> prefix = stackalloc char[PrefixLength];
        prefix[0] = Format;
        revision.TryFormat(prefix[1..], out _, "D19", CultureInfo.InvariantCulture);
        return string.Concat(prefix, values);
    }

    /// <summary>The values in the order of the view's fields, for <c>FromValues</c> of the view's state.</summary>
    /// <param name="packed">UTF-8; empty when the online store does not know the entity.</param>
    /// <param name="view">The view.</param>
    /// <returns>The values, all null for an entity that is not known.</returns>
    /// <exception cref="FormatException">It is of another format, or of another version of the view.</exception>
    public static string?[] Unpack(ReadOnlySpan<byte> packed, FeatureView view)
    {
        if (packed.IsEmpty)
        {
            return new string?[view.FieldNames.Count];
        }

        if (packed.Length < PrefixLength || packed[0] != Format)
        {
            throw new FormatException($"A value of view {view.Name} is not of format {Format}.");
        }

        string?[] values = ReadValues(packed[PrefixLength..], view);
        return values.Length == view.FieldNames.Count
            ? values
            : throw new FormatException($"View {view.Name} has {view.FieldNames.Count} fields, not {values.Length}.");
    }

    /// <summary>Names and values by turns.</summary>
    internal static string[] Fields(string packed, FeatureView view) =>
        [
            .. view
                .FieldNames.Zip(Unpack(Encoding.UTF8.GetBytes(packed), view))
                .SelectMany(field => new[] { field.First, field.Second! }),
        ];

    private static string?[] ReadValues(ReadOnlySpan<byte> json, FeatureView view)
    {
        try
        {
            return JsonSerializer.Deserialize<string?[]>(json) ?? [];
        }
        catch (JsonException e)
        {
            throw new FormatException($"A value of view {view.Name} cannot be read.", e);
        }
    }
}
