using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Fecom.Learning.Views;

/// <summary>Reads what <see cref="PackedWriter"/> wrote. Every fault is a <see cref="FormatException"/> that names the view.</summary>
public ref struct PackedReader
{
    private static readonly long OldestTime = EventOrder.ToMicroseconds(DateTime.MinValue);
    private static readonly long NewestTime = EventOrder.ToMicroseconds(DateTime.MaxValue);

    /// <summary>Bytes of a number that fits into 63 bits.</summary>
    private const int MaxShortBytes = 9;

    /// <summary>The most digits after the point.</summary>
    private const int MaxScale = 28;

    // States are read thousands of times a second: the lists of a thread serve all of them, one after the other.
    [ThreadStatic]
    private static List<string>? t_texts;

    [ThreadStatic]
    private static List<uint>? t_hashes;

    private readonly string _view;
    private readonly List<string> _texts;
    private readonly List<uint> _hashes;
    private ReadOnlySpan<byte> _rest;

    internal PackedReader(ReadOnlySpan<byte> packed, string view)
    {
        _view = view;
        (_texts, _hashes) = (t_texts ??= [], t_hashes ??= []);
        _texts.Clear();
        _hashes.Clear();
        if (packed.Length < PackedFeatures.PrefixLength || packed[0] != PackedFeatures.Format)
        {
            throw Fault($"it is not of format {(char)PackedFeatures.Format}");
        }

        _rest = packed[PackedFeatures.PrefixLength..];
    }

    /// <summary>A number of zero or above.</summary>
    public long Count()
    {
        ulong number = Unsigned();
        return number <= long.MaxValue ? (long)number : throw Fault("a count is out of range");
    }

    /// <summary>A number of zero or above, at most <paramref name="max"/>.</summary>
    public int Count(int max)
    {
        ulong number = Unsigned();
        return number <= (ulong)max ? (int)number : throw Fault($"a list or kind is {number}, above {max}");
    }

    /// <summary>A whole number.</summary>
    public long Integer()
    {
        ulong number = Unsigned();
        return (long)(number >> 1) ^ -(long)(number & 1);
    }

    /// <summary>A moment in microseconds since 1970-01-01 UTC, given as a whole number.</summary>
    public long Time() => InRange(Integer());

    /// <summary>A moment that was written as the microseconds from it to another.</summary>
    public long TimeBefore(long other) => InRange(unchecked(other - Integer()));

    /// <summary>A sum of zero or above.</summary>
    public UInt128 Sum()
    {
        if (TryShort(out ulong number))
        {
            return number;
        }

        UInt128 sum = 0;
        for (int shift = 0; shift < 128; shift += 7)
        {
            byte next = Byte();
            sum |= (UInt128)(uint)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return sum;
            }
        }

        throw Fault("a number is too long");
    }

    /// <summary>An exact number.</summary>
    public decimal Number()
    {
        if (TryShort(out ulong few))
        {
            int places = (int)(few >> 1) & 0x1f;
            ulong value = few >> 6;
            return places <= MaxScale
                ? new decimal((int)(uint)value, (int)(uint)(value >> 32), 0, (few & 1) != 0, (byte)places)
                : throw Fault("a number is out of range");
        }

        UInt128 number = Sum();
        UInt128 digits = number >> 6;
        int scale = (int)(number >> 1) & 0x1f;
        return scale <= MaxScale && digits >> 96 == 0
            ? new decimal(
                (int)(uint)digits,
                (int)(uint)(digits >> 32),
                (int)(uint)(digits >> 64),
                (number & 1) != 0,
                (byte)scale
            )
            : throw Fault("a number is out of range");
    }

    /// <summary>Thirty-two bits.</summary>
    public uint Bits() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>A hash.</summary>
    public uint Hash()
    {
        int back = Count(int.MaxValue);
        if (back > 0)
        {
            return back <= _hashes.Count ? _hashes[^back] : throw Fault("a hash refers to none before it");
        }

        uint hash = Bits();
        _hashes.Add(hash);
        return hash;
    }

    /// <summary>A text, or null.</summary>
    public string? Text()
    {
        int head = Count(int.MaxValue);
        if (head == PackedFeatures.NullText)
        {
            return null;
        }

        if (head >= PackedFeatures.FirstReference)
        {
            int place = head - PackedFeatures.FirstReference;
            return place < _texts.Count ? _texts[place] : throw Fault("a text refers to none before it");
        }

        string text =
            head == PackedFeatures.NumberText
                ? Unsigned().ToString(CultureInfo.InvariantCulture)
                : Encoding.UTF8.GetString(Take(Count(int.MaxValue)));
        _texts.Add(text);
        return text;
    }

    /// <summary>A text that must be there.</summary>
    public string RequiredText() => Text() ?? throw Fault("a text is missing");

    internal readonly void End()
    {
        if (!_rest.IsEmpty)
        {
            throw Fault($"{_rest.Length} bytes are left over");
        }
    }

    internal readonly FormatException Fault(string fault) =>
        new($"A packed state of view {_view} cannot be read: {fault}.");

    private readonly long InRange(long time) =>
        time >= OldestTime && time <= NewestTime ? time : throw Fault("a time is out of range");

    private ulong Unsigned()
    {
        if (TryShort(out ulong few))
        {
            return few;
        }

        UInt128 number = Sum();
        return number <= ulong.MaxValue ? (ulong)number : throw Fault("a number is too long");
    }

    /// <summary>Reads a number of up to nine bytes, as nearly all are: arithmetic of 128 bits takes many times as long.</summary>
    /// <returns>Whether there is one; else nothing is taken.</returns>
    private bool TryShort(out ulong number)
    {
        number = 0;
        for (int i = 0; i < Math.Min(MaxShortBytes, _rest.Length); i++)
        {
            byte next = _rest[i];
            number |= (ulong)(next & 0x7f) << (7 * i);
            if (next < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    private byte Byte()
    {
        ReadOnlySpan<byte> one = Take(1);
        return one[0];
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw Fault("it ends too early");
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
