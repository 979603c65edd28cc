using System.Buffers;
using System.Text;
using Npgsql.Replication.PgOutput;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>The kind of a column's value in the replication stream.</summary>
internal enum CapturedKind : byte
{
    Null,
    Text,

    /// <summary>A long value that is stored outside its row (TOAST) and was not changed: PostgreSQL does not send it.</summary>
    Unchanged,
}

/// <summary>A row's values as PostgreSQL's text in UTF-8. The object is reused for every row.</summary>
internal sealed class CapturedRow
{
    private readonly ArrayBufferWriter<byte> _bytes = new(1_024);
    private readonly List<(CapturedKind Kind, int Start, int Length)> _values = [];

    public int Count => _values.Count;

    public CapturedKind Kind(int column) => _values[column].Kind;

    public ReadOnlySpan<byte> Text(int column) =>
        _bytes.WrittenSpan.Slice(_values[column].Start, _values[column].Length);

    public void Clear()
    {
        _bytes.ResetWrittenCount();
        _values.Clear();
    }

    public void Add(string? text)
    {
        int start = _bytes.WrittenCount;
        if (text is not null)
        {
            Encoding.UTF8.GetBytes(text, (IBufferWriter<byte>)_bytes);
        }

        _values.Add((text is null ? CapturedKind.Null : CapturedKind.Text, start, _bytes.WrittenCount - start));
    }

    /// <summary>Reads a row of the stream; each can be read once, in the order in which they come.</summary>
    public async ValueTask ReadAsync(ReplicationTuple tuple, CancellationToken cancellationToken)
    {
        Clear();
        await foreach (ReplicationValue value in tuple.WithCancellation(cancellationToken))
        {
            int start = _bytes.WrittenCount;
            if (value.Kind == TupleDataKind.TextValue)
            {
                int length = value.Length;
                Memory<byte> room = _bytes.GetMemory(Math.Max(1, length))[..length];
                await using Stream text = value.GetStream();
                await text.ReadExactlyAsync(room, cancellationToken);
                _bytes.Advance(length);
                _values.Add((CapturedKind.Text, start, length));
            }
            else
            {
                _values.Add(
                    (
                        value.Kind == TupleDataKind.UnchangedToastedValue ? CapturedKind.Unchanged : CapturedKind.Null,
                        start,
                        0
                    )
                );
            }
        }
    }

    /// <summary>Fills values that were not sent, because they have not changed, from the former row.</summary>
    public void FillFrom(CapturedRow before)
    {
        for (int column = 0; column < Math.Min(Count, before.Count); column++)
        {
            if (Kind(column) == CapturedKind.Unchanged && before.Kind(column) == CapturedKind.Text)
            {
                int start = _bytes.WrittenCount;
                _bytes.Write(before.Text(column));
                _values[column] = (CapturedKind.Text, start, _bytes.WrittenCount - start);
            }
        }
    }
}
