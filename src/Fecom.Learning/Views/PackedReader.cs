using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Fecom.Learning.Views;

/// <summary>Reads what <see cref="PackedWriter"/> wrote. Every fault is a <see cref="FormatException"/> that names the view.</summary>
public ref struct PackedReader
{
    private static readonly long OldestTime = EventOrder.ToMicroseconds(DateTime.MinValue);
    private static readonly long NewestTime = EventOrder.ToMicroseconds(DateTime.MaxValue);

    private readonly string _view;
    private readonly List<string> _texts = [];
    private readonly List<uint> _hashes = [];
    private ReadOnlySpan<byte> _rest;

    internal PackedReader(ReadOnlySpan<byte> packed, string view)
    {
        _view = view;
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
        UInt128 number = Sum();
        UInt128 digits = number >> 6;
        int scale = (int)(number >> 1) & 0x1f;
        return scale <= 28 && digits >> 96 == 0
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
        // Most numbers are a byte.
        if (!_rest.IsEmpty && _rest[0] < 0x80)
        {
            byte one = _rest[0];
            _rest = _rest[1..];
            return one;
        }

        UInt128 number = Sum();
        return number <= ulong.MaxValue ? (ulong)number : throw Fault("a number is too long");
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
