using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Npgsql;

namespace Fecom.Platform.Storage;

/// <summary>
/// Writes rows for PostgreSQL's binary COPY directly in its format (PostgreSQL manual, COPY, "Binary Format"). A sink writes
/// every event of the shop with it, and Npgsql's parameter object for each value would cost more than the value.
/// </summary>
/// <remarks>
/// Disposing it before <see cref="CompleteAsync"/> cancels the COPY. Columns are written in the order
/// of the statement; nothing checks their number and types but PostgreSQL.
/// </remarks>
public sealed class BinaryCopy : IAsyncDisposable
{
    private const int FlushAt = 64 * 1_024;

    /// <summary>The signature, no flags, no extension.</summary>
    private static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xff, .. "\r\n"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly NpgsqlRawCopyStream _stream;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FlushAt + 4_096);
    private int _used;
    private bool _isCompleted;

    private BinaryCopy(NpgsqlRawCopyStream stream) => _stream = stream;

    /// <summary>Begins a COPY.</summary>
    /// <param name="connection">The connection; it cannot be used for anything else until the COPY ends.</param>
    /// <param name="copy">The statement: <c>copy … from stdin (format binary)</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<BinaryCopy> BeginAsync(
        NpgsqlConnection connection,
        string copy,
        CancellationToken cancellationToken
    )
    {
        BinaryCopy rows = new(await connection.BeginRawBinaryCopyAsync(copy, cancellationToken));
        Header.CopyTo(rows.Take(Header.Length));
        return rows;
    }

    /// <summary>Whether it is time to <see cref="FlushAsync"/>, between two rows.</summary>
    public bool IsFull => _used >= FlushAt;

    /// <summary>Begins a row.</summary>
    /// <param name="columns">Its columns.</param>
    public void StartRow(short columns) => BinaryPrimitives.WriteInt16BigEndian(Take(2), columns);

    /// <summary>A null of any type.</summary>
    public void WriteNull() => BinaryPrimitives.WriteInt32BigEndian(Take(4), -1);

    /// <summary>A <c>text</c>.</summary>
    public void Write(string? value)
    {
        if (value is null)
        {
            WriteNull();
            return;
        }

        Span<byte> space = Reserve(4 + Encoding.UTF8.GetMaxByteCount(value.Length));
        int length = Encoding.UTF8.GetBytes(value, space[4..]);
        BinaryPrimitives.WriteInt32BigEndian(space, length);
        _used += 4 + length;
    }

    /// <summary>A <c>jsonb</c>: the number of its format, 1, and the text in UTF-8.</summary>
    public void WriteJson(byte[]? value)
    {
        if (value is null)
        {
            WriteNull();
            return;
        }

        Span<byte> field = Field(1 + value.Length);
        field[0] = 1;
        value.CopyTo(field[1..]);
    }

    /// <summary>A <c>boolean</c>.</summary>
    public void Write(bool value) => Field(1)[0] = value ? (byte)1 : (byte)0;

    /// <summary>A <c>smallint</c>.</summary>
    public void Write(short value) => BinaryPrimitives.WriteInt16BigEndian(Field(2), value);

    /// <summary>An <c>integer</c>.</summary>
    public void Write(int value) => BinaryPrimitives.WriteInt32BigEndian(Field(4), value);

    /// <summary>A <c>bigint</c>.</summary>
    public void Write(long value) => BinaryPrimitives.WriteInt64BigEndian(Field(8), value);

    /// <summary>A <c>uuid</c>.</summary>
    public void Write(Guid value) => _ = value.TryWriteBytes(Field(16), bigEndian: true, out _);

    /// <summary>A <c>timestamptz</c>, cut to microseconds.</summary>
    /// <param name="value">UTC.</param>
    /// <exception cref="ArgumentException">Not UTC.</exception>
    public void Write(DateTime value)
    {
        if (value.Kind != DateTimeKind.Utc)
        {
            throw new ArgumentException("A time that is not UTC.", nameof(value));
        }

        long ticks = value.Ticks - Epoch.Ticks;
        BinaryPrimitives.WriteInt64BigEndian(Field(8), (ticks - (((ticks % 10) + 10) % 10)) / 10);
    }

    /// <summary>A <c>numeric</c> with the scale of the value.</summary>
    public void Write(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        _ = decimal.GetBits(value, bits);
        UInt128 mantissa = new((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]);
        int scale = (bits[3] >> 16) & 0xff;
        // PostgreSQL counts in digits of base 10,000 on either side of the point.
        int behind = (scale + 3) / 4;
        mantissa *= Shift((behind * 4) - scale);
        Span<short> digits = stackalloc short[16];
        int count = 0;
        while (mantissa != 0)
        {
            if (mantissa <= ulong.MaxValue)
            {
                count = Split((ulong)mantissa, digits, count);
                break;
            }

            (mantissa, UInt128 digit) = UInt128.DivRem(mantissa, 10_000);
            digits[count++] = (short)digit;
        }

        int trailing = 0;
        while (trailing < count && digits[trailing] == 0)
        {
            trailing++;
        }

        WriteNumeric(digits[trailing..count], count == 0 ? 0 : count - behind - 1, value < 0, scale);
    }

    /// <summary>Sends what there is to PostgreSQL.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(_buffer.AsMemory(0, _used), cancellationToken);
        _used = 0;
    }

    /// <summary>Ends the COPY: PostgreSQL has all rows, or throws.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        BinaryPrimitives.WriteInt16BigEndian(Take(2), -1);
        await FlushAsync(cancellationToken);
        _isCompleted = true;
        await _stream.DisposeAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        if (!_isCompleted)
        {
            await _stream.CancelAsync();
        }
    }

    private static UInt128 Shift(int places) =>
        places switch
        {
            0 => 1,
            1 => 10,
            2 => 100,
            _ => 1_000,
        };

    private static int Split(ulong value, Span<short> digits, int count)
    {
        while (value != 0)
        {
            (value, ulong digit) = Math.DivRem(value, 10_000);
            digits[count++] = (short)digit;
        }

        return count;
    }

    /// <param name="digits">Base 10,000, least first.</param>
    /// <param name="weight">Power of 10,000 of the greatest.</param>
    /// <param name="isNegative">Whether the value is below 0.</param>
    /// <param name="scale">Decimal places.</param>
    private void WriteNumeric(ReadOnlySpan<short> digits, int weight, bool isNegative, int scale)
    {
        Span<byte> field = Field(8 + (2 * digits.Length));
        Span<short> values = MemoryMarshal.Cast<byte, short>(field);
        values[0] = BinaryPrimitives.ReverseEndianness((short)digits.Length);
        values[1] = BinaryPrimitives.ReverseEndianness((short)weight);
        values[2] = isNegative ? BinaryPrimitives.ReverseEndianness((short)0x4000) : (short)0;
        values[3] = BinaryPrimitives.ReverseEndianness((short)scale);
        for (int i = 0; i < digits.Length; i++)
        {
            values[4 + i] = BinaryPrimitives.ReverseEndianness(digits[digits.Length - 1 - i]);
        }
    }

    /// <summary>A field's length, and the space for its bytes.</summary>
    private Span<byte> Field(int length)
    {
        Span<byte> space = Take(4 + length);
        BinaryPrimitives.WriteInt32BigEndian(space, length);
        return space[4..];
    }

    private Span<byte> Take(int length)
    {
        Span<byte> space = Reserve(length);
        _used += length;
        return space[..length];
    }

    private Span<byte> Reserve(int length)
    {
        if (_buffer.Length - _used < length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _used + length));
            _buffer.AsSpan(0, _used).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        return _buffer.AsSpan(_used);
    }
}
