using System.Buffers.Binary;
using System.Text;
using Fecom.Platform.Storage;
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
        spooled.Take(BinaryField.SignatureSize + sizeof(int));
        spooled.Take(BinaryPrimitives.ReadInt32BigEndian(spooled.Take(sizeof(int))));
        return spooled;
    }

    /// <summary>Goes to the next row.</summary>
    /// <returns>False at the end.</returns>
    public bool Next() => BinaryPrimitives.ReadInt16BigEndian(Take(sizeof(short))) >= 0;

    /// <summary>A <c>uuid</c>, as each of these the row's next column.</summary>
    public Guid ReadGuid() => BinaryField.Guid(Field());

    /// <summary>A <c>bigint</c>.</summary>
    public long ReadLong() => BinaryField.Long(Field());

    /// <summary>A <c>timestamptz</c>.</summary>
    public DateTime ReadTime() => BinaryField.Time(Field());

    /// <summary>A <c>text</c> that is never null.</summary>
    public string ReadText() => Encoding.UTF8.GetString(Field());

    /// <summary>A <c>text</c>.</summary>
    public string? FindText()
    {
        int length = Length();
        return length < 0 ? null : Encoding.UTF8.GetString(Take(length));
    }

    /// <summary>A <c>numeric</c> of up to 28 digits, with its scale.</summary>
    public decimal ReadNumeric() => BinaryField.Numeric(Field());

    public void Dispose() => _file.Dispose();

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
