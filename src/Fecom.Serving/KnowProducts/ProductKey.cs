using System.Runtime.InteropServices;

namespace Fecom.Serving.KnowProducts;

/// <summary>
/// A product's id as the catalogue compares it: an id of digits by its number, which stands in the catalogue's table itself. An answer looks a
/// hundred products up, and most of that time waits for memory, such as for a text that lies elsewhere.
/// </summary>
/// <param name="Number">The number; 0 where the id is none.</param>
/// <param name="Text">The id where it is no number; else null.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ProductKey(ulong Number, string? Text)
{
    /// <summary>As many as any number of 64 bits can have.</summary>
    private const int MaxDigits = 19;

    public static ProductKey Of(string id)
    {
        // The digits of one with zeros before it, or of a longer one, would be those of another id.
        if (id.Length is 0 or > MaxDigits || (id[0] == '0' && id.Length > 1))
        {
            return new ProductKey(0, id);
        }

        ulong number = 0;
        foreach (char digit in id)
        {
            if (!char.IsAsciiDigit(digit))
            {
                return new ProductKey(0, id);
            }

            number = (number * 10) + (uint)(digit - '0');
        }

        return new ProductKey(number, null);
    }

    /// <summary>Other ones in each process: whoever may post events could choose ids that all lie in one place of the table.</summary>
    public override int GetHashCode() =>
        Text is null ? HashCode.Combine(Number) : Text.GetHashCode(StringComparison.Ordinal);
}
