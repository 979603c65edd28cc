using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fecom.Learning.Views;

namespace Fecom.Features.ExportFeatures;

/// <summary>Rows of CSV as bytes in UTF-8: fields go into one buffer, and no text is made of a number.</summary>
internal sealed class CsvRows
{
    /// <summary>What a number or a time takes at most.</summary>
    private const int LargestNumber = 64;

    /// <summary>Bytes of UTF-8 by UTF-16 unit, at most.</summary>
    private const int LargestUnit = 3;

    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly SearchValues<byte> Quoted = SearchValues.Create(",\"\r\n"u8);

    private byte[] _bytes = new byte[1 << 20];
    private int _count;

    /// <summary>What was added.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _count);

    /// <summary>A list of texts as a JSON array.</summary>
    public static string ListOf(string[] texts) => JsonSerializer.Serialize(texts, Json);

    public void Clear() => _count = 0;

    /// <summary>The field has ended, and another follows.</summary>
    public void EndField() => Add((byte)',');

    public void EndRow() => Add((byte)'\n');

    public void Add(int number)
    {
        number.TryFormat(Room(LargestNumber), out int written, provider: CultureInfo.InvariantCulture);
        _count += written;
    }

    public void Add(in FeatureValue value)
    {
        if (value.ToText() is { } text)
        {
            Add(text);
        }
        else if (value.ToTexts() is { } texts)
        {
            Add(texts);
        }
        else if (!value.IsMissing)
        {
            value.TryFormat(Room(LargestNumber), out int written);
            _count += written;
        }
    }

    /// <summary>A text, in quotes where it has commas, quotes or line breaks.</summary>
    public void Add(ReadOnlySpan<char> text)
    {
        Span<byte> room = Room(LargestUnit * text.Length);
        int length = Encoding.UTF8.GetBytes(text, room);
        if (room[..length].IndexOfAny(Quoted) < 0)
        {
            _count += length;
            return;
        }

        byte[] field = room[..length].ToArray();
        room = Room((2 * length) + 2);
        int written = 0;
        room[written++] = (byte)'"';
        foreach (byte one in field)
        {
            room[written++] = one;
            if (one == (byte)'"')
            {
                room[written++] = one;
            }
        }

        room[written++] = (byte)'"';
        _count += written;
    }

    private void Add(string[] texts)
    {
        if (texts.Length == 0 || !Array.TrueForAll(texts, IsPlain))
        {
            Add(ListOf(texts));
            return;
        }

        // The array's quotes are doubled, and the field is in quotes.
        Add("\"["u8);
        for (int i = 0; i < texts.Length; i++)
        {
            Add(i == 0 ? "\"\""u8 : ",\"\""u8);
            _count += Encoding.UTF8.GetBytes(texts[i], Room(LargestUnit * texts[i].Length));
            Add("\"\""u8);
        }

        Add("]\""u8);
    }

    /// <summary>Whether JSON writes the text as it is.</summary>
    private static bool IsPlain(string text) =>
        Ascii.IsValid(text)
        && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')
        && !text.AsSpan().ContainsAny('"', '\\');

    private void Add(byte one)
    {
        Room(1)[0] = one;
        _count++;
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _count += bytes.Length;
    }

    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length - _count < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _count + bytes));
        }

        return _bytes.AsSpan(_count);
    }
}
