using System.Buffers.Text;

namespace Fecom.Learning.XGBoost;

/// <summary>Describes a block of memory to XGBoost by NumPy's array interface, as UTF-8 JSON that ends in a zero byte.</summary>
internal static unsafe class ArrayInterface
{
    /// <summary>Enough for the text with the largest address and shape.</summary>
    public const int MaximumLength = 160;

    /// <summary>Writes the description of row-major floats; allocates nothing.</summary>
    public static void Write(Span<byte> destination, float* values, int rows, int columns)
    {
        int length = 0;
        Append(destination, ref length, "{\"data\":["u8, (ulong)values);
        Append(destination, ref length, ",true],\"shape\":["u8, (ulong)rows);
        Append(destination, ref length, ","u8, (ulong)columns);
        "],\"typestr\":\"<f4\",\"version\":3}\0"u8.CopyTo(destination[length..]);
    }

    private static void Append(Span<byte> destination, ref int length, ReadOnlySpan<byte> text, ulong number)
    {
        text.CopyTo(destination[length..]);
        length += text.Length;
        Utf8Formatter.TryFormat(number, destination[length..], out int written);
        length += written;
    }
}
