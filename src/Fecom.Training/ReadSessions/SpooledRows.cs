using System.Buffers.Binary;
using System.Text;
using Npgsql;

namespace Fecom.Training.ReadSessions;

/// <summary>
/// Rows of a query, sent to a temporary file before the first one is handed out. So the transaction lasts as long as PostgreSQL needs to
/// sort and send them, and not as long as somebody learns from them: vacuum cannot remove what a transaction may still see.
/// </summary>
/// <remarks>
/// In PostgreSQL's binary COPY format (its manual, COPY, "Binary Format"): some 200 bytes an event. The file has no name any more once it
/// is open, so that its space is free again whatever ends the process.
/// </remarks>
internal sealed class SpooledRows : IDisposable
{
    private const int BufferSize = 1 << 20;

    /// <summary>The signature; flags and the length of an extension follow.</summary>
    private const int SignatureSize = 11;

    private const short Negative = 0x4000;

    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly FileStream _file;
    private byte[] _buffer = new byte[BufferSize];
    private int _at;
    private int _end;

    private SpooledRows(FileStream file) => _file = file;

    /// <summary>Runs a query and keeps its rows.</summary>
    /// <param name="database">The database.</param>
    /// <param name="query">SQL; text of ours.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="IOException">There is no room for the file.</exception>
    public static async Task<SpooledRows> ReadAsync(
        NpgsqlDataSource database,
        string query,
        CancellationToken cancellationToken
    )
    {
        string path = Path.Combine(Path.GetTempPath(), $"fecom-{Path.GetRandomFileName()}");
        FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        try
        {
            File.Delete(path);
            await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
            await using NpgsqlRawCopyStream rows = await connection.BeginRawBinaryCopyAsync(
                $"copy ({query}) to stdout (format binary)",
                cancellationToken
            );
            // Sorting takes as long as it takes.
            rows.ReadTimeout = Timeout.Infinite;
            await rows.CopyToAsync(file, BufferSize, cancellationToken);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }

        file.Position = 0;
        SpooledRows spooled = new(file);
        spooled.Take(SignatureSize + sizeof(int));
        spooled.Take(BinaryPrimitives.ReadInt32BigEndian(spooled.Take(sizeof(int))));
        return spooled;
    }

    /// <summary>Goes to the next row.</summary>
    /// <returns>False at the end.</returns>
    public bool Next() => BinaryPrimitives.ReadInt16BigEndian(Take(sizeof(short))) >= 0;

    /// <summary>A <c>uuid</c>, as each of these the row's next column.</summary>
    public Guid ReadGuid() => new(Field(), bigEndian: true);

    /// <summary>A <c>bigint</c>.</summary>
    public long ReadLong() => BinaryPrimitives.ReadInt64BigEndian(Field());

    /// <summary>A <c>timestamptz</c>.</summary>
    public DateTime ReadTime() => Epoch.AddTicks(ReadLong() * TimeSpan.TicksPerMicrosecond);

    /// <summary>A <c>text</c> that is never null.</summary>
    public string ReadText() => Encoding.UTF8.GetString(Field());

    /// <summary>A <c>text</c>.</summary>
    public string? FindText()
    {
        int length = Length();
        return length < 0 ? null : Encoding.UTF8.GetString(Take(length));
    }

    /// <summary>A <c>numeric</c> of up to 28 digits, with its scale.</summary>
    public decimal ReadNumeric()
    {
        ReadOnlySpan<byte> field = Field();
        int digits = Short(field, 0);
        int weight = Short(field, 1);
        bool isNegative = Short(field, 2) == Negative;
        int scale = Short(field, 3);
        decimal whole = 0;
        for (int i = 0; i < digits; i++)
        {
            whole = (whole * 10_000) + Short(field, 4 + i);
        }

        // The digits are of base 10,000; the value has `scale` decimal places.
        for (int places = 4 * (digits - 1 - weight); places != scale && digits > 0; places += places < scale ? 1 : -1)
        {
            whole = places < scale ? whole * 10 : whole / 10;
        }

        Span<int> bits = stackalloc int[4];
        _ = decimal.GetBits(decimal.Truncate(whole), bits);
        return new decimal(bits[0], bits[1], bits[2], isNegative, (byte)scale);
    }

    public void Dispose() => _file.Dispose();

    private static short Short(ReadOnlySpan<byte> field, int place) =>
        BinaryPrimitives.ReadInt16BigEndian(field[(place * sizeof(short))..]);

    private int Length() => BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)));

    private ReadOnlySpan<byte> Field() => Take(Length());

    /// <summary>The next bytes; valid until the next call.</summary>
    private ReadOnlySpan<byte> Take(int count)
    {
        if (_end - _at < count)
        {
            Fill(count);
        }

        _at += count;
        return _buffer.AsSpan(_at - count, count);
    }

    private void Fill(int count)
    {
        int left = _end - _at;
        byte[] room = count > _buffer.Length ? new byte[count] : _buffer;
        _buffer.AsSpan(_at, left).CopyTo(room);
        _buffer = room;
        _at = 0;
        _end = left + _file.ReadAtLeast(_buffer.AsSpan(left), count - left);
    }
}
