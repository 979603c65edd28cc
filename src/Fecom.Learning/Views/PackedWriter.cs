using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;
using System.Text;

namespace Fecom.Learning.Views;

/// <summary>Writes a state's fields (see <see cref="PackedFeatures"/>). A text is written once and then referred to.</summary>
public sealed class PackedWriter
{
    private const int Buckets = 256;
    private const int MaxNumberDigits = 19;
    private const int SignAndScaleBits = 6;
    private const ulong MaxShortDigits = ulong.MaxValue >> SignAndScaleBits;

    [ThreadStatic]
    private static PackedWriter? s_writer;

    private readonly int[] _buckets = new int[Buckets];
    private byte[] _bytes = new byte[1_024];
    private string[] _texts = new string[32];
    private int[] _next = new int[32];
    private int _textCount;
    private uint[] _hashes = new uint[32];
    private int _hashCount;
    private int _length;

    /// <summary>A writer of this thread's own, with the prefix written. There is one a thread: finish it before the next begins.</summary>
    internal static PackedWriter Begin(long revision)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(revision);
        PackedWriter writer = s_writer ??= new PackedWriter();
        writer._buckets.AsSpan().Clear();
        writer._textCount = 0;
        writer._hashCount = 0;
        writer._bytes[0] = PackedFeatures.Format;
        Utf8Formatter.TryFormat(
            revision,
            writer._bytes.AsSpan(1),
            out _,
            new System.Buffers.StandardFormat('D', PackedFeatures.RevisionDigits)
        );
        writer._length = PackedFeatures.PrefixLength;
        return writer;
    }

    /// <summary>What was written; there until the next <see cref="Begin"/>.</summary>
    internal ReadOnlySpan<byte> Finish()
    {
        Array.Clear(_texts, 0, _textCount);
        return _bytes.AsSpan(0, _length);
    }

    /// <summary>A number of zero or above: small ones take a byte.</summary>
    public void Count(long number) => Unsigned((ulong)number);

    /// <summary>A whole number: those near zero take a byte.</summary>
    public void Integer(long number) => Unsigned((ulong)((number << 1) ^ (number >> 63)));

    /// <summary>A sum of zero or above.</summary>
    public void Sum(UInt128 sum)
    {
        Reserve(19);
        while (sum > ulong.MaxValue)
        {
            _bytes[_length++] = (byte)((byte)sum | 0x80);
            sum >>= 7;
        }

        Unsigned((ulong)sum);
    }

    /// <summary>An exact number; trailing zeros after the point are dropped.</summary>
    public void Number(decimal number)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(number, bits);
        int scale = (bits[3] >> 16) & 0xff;
        ulong low = ((ulong)(uint)bits[1] << 32) | (uint)bits[0];
        if (bits[2] == 0 && low <= MaxShortDigits)
        {
            for (; scale > 0 && low % 10 == 0; scale--)
            {
                low /= 10;
            }

            Unsigned(Short(low, scale, bits[3] < 0 && low != 0));
            return;
        }

        UInt128 digits = ((UInt128)(uint)bits[2] << 64) | low;
        for (; scale > 0 && digits % 10 == 0; scale--)
        {
            digits /= 10;
        }

        Sum((digits << SignAndScaleBits) | Short(0, scale, bits[3] < 0));
    }

    private static ulong Short(ulong digits, int scale, bool isNegative) =>
        (digits << SignAndScaleBits) | ((ulong)scale << 1) | (isNegative ? 1ul : 0);

    /// <summary>Thirty-two bits that are alike in nothing.</summary>
    public void Bits(uint bits)
    {
        Reserve(4);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_length), bits);
        _length += 4;
    }

    /// <summary>A hash: written once and then referred to.</summary>
    public void Hash(uint hash)
    {
        int known = _hashes.AsSpan(0, _hashCount).LastIndexOf(hash);
        if (known >= 0)
        {
            // The last ones are the likely ones.
            Unsigned((ulong)(_hashCount - known));
            return;
        }

        if (_hashCount == _hashes.Length)
        {
            Array.Resize(ref _hashes, 2 * _hashCount);
        }

        _hashes[_hashCount++] = hash;
        Unsigned(0);
        Bits(hash);
    }

    /// <summary>A text, or null.</summary>
    public void Text(string? text)
    {
        if (text is null)
        {
            Unsigned(PackedFeatures.NullText);
            return;
        }

        int bucket = BucketOf(text);
        for (int i = _buckets[bucket]; i > 0; i = _next[i - 1])
        {
            if (_texts[i - 1] == text)
            {
                Unsigned((ulong)(i - 1 + PackedFeatures.FirstReference));
                return;
            }
        }

        Remember(text, bucket);
        if (IsNumber(text))
        {
            Unsigned(PackedFeatures.NumberText);
            Unsigned(NumberOf(text));
            return;
        }

        Unsigned(PackedFeatures.NewText);
        if (Ascii.IsValid(text))
        {
            Unsigned((ulong)text.Length);
            Reserve(text.Length);
            Ascii.FromUtf16(text, _bytes.AsSpan(_length), out _);
            _length += text.Length;
            return;
        }

        int count = Encoding.UTF8.GetByteCount(text);
        Unsigned((ulong)count);
        Reserve(count);
        _length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(_length));
    }

    /// <summary>Whether the digits alone bring the text back.</summary>
    private static bool IsNumber(string text) =>
        text.Length is > 0 and <= MaxNumberDigits
        && (text[0] != '0' || text.Length == 1)
        && !text.AsSpan().ContainsAnyExceptInRange('0', '9');

    private static ulong NumberOf(string digits)
    {
        ulong number = 0;
        foreach (char digit in digits)
        {
            number = (number * 10) + (uint)(digit - '0');
        }

        return number;
    }

    private static int BucketOf(string text) =>
        text.Length == 0
            ? 0
            : (int)((uint)((text[0] * 31) + (text[text.Length / 2] * 17) + (text[^1] * 7) + text.Length) % Buckets);

    private void Remember(string text, int bucket)
    {
        if (_textCount == _texts.Length)
        {
            Array.Resize(ref _texts, 2 * _textCount);
            Array.Resize(ref _next, 2 * _textCount);
        }

        _texts[_textCount] = text;
        _next[_textCount] = _buckets[bucket];
        _buckets[bucket] = ++_textCount;
    }

    private void Unsigned(ulong number)
    {
        Reserve(10);
        Span<byte> rest = _bytes.AsSpan(_length, 10);
        int length = 0;
        while (number > 0x7f)
        {
            rest[length++] = (byte)(number | 0x80);
            number >>= 7;
        }

        rest[length] = (byte)number;
        _length += length + 1;
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - _length < count)
        {
            Array.Resize(ref _bytes, (int)BitOperations.RoundUpToPowerOf2((uint)(_length + count)));
        }
    }
}
