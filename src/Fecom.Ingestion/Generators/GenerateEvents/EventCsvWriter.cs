using System.Buffers;
using System.Globalization;
using System.Text;
using Fecom.Contracts;
using Fecom.Ingestion.Generators.Shared;

namespace Fecom.Ingestion.Generators.GenerateEvents;

/// <summary>Writes events as the shop's CSV.</summary>
internal sealed class EventCsvWriter(Stream output) : IDisposable
{
    private const int FlushBytes = 128 * 1024;

    private static readonly byte[][] Types = [.. BehaviorEventTypes.Names.Select(Encoding.UTF8.GetBytes)];

    private readonly ArrayBufferWriter<byte> _buffer = new(2 * FlushBytes);
    private readonly byte[] _time = new byte["yyyy-MM-dd HH:mm:ss UTC".Length];
    private long _timeSecond = -1;

    public void WriteHeader() =>
        _buffer.Write(
            "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"u8
        );

    public void Write(in Step step, Visit visit)
    {
        _buffer.Write(Time((long)step.Second));
        _buffer.Write(","u8);
        _buffer.Write(Types[(int)step.Type]);
        _buffer.Write(","u8);
        _buffer.Write(step.Product.Text);
        Span<byte> tail = _buffer.GetSpan(96);
        int length = WriteCents(step.Cents, tail);
        tail[length++] = (byte)',';
        length += WriteNumber(visit.UserId, tail[length..]);
        tail[length++] = (byte)',';
        visit.Session.TryFormat(tail[length..], out int written);
        length += written;
        tail[length++] = (byte)'\n';
        _buffer.Advance(length);
        FlushWhenFull();
    }

    /// <summary>Writes the event as a row with something wrong in it.</summary>
    public void WriteInvalid(in Step step, Visit visit, int kind, ref Dice dice)
    {
        string[] row =
        [
            Encoding.UTF8.GetString(Time((long)step.Second)),
            BehaviorEventTypes.Name(step.Type),
            .. Encoding.UTF8.GetString(step.Product.Text).Split(',')[..4],
            (step.Cents / 100m).ToString("0.00", CultureInfo.InvariantCulture),
            visit.UserId.ToString(CultureInfo.InvariantCulture),
            visit.Session.ToString(),
        ];
        _buffer.Write(Mangling.Row(row, kind, ref dice));
        _buffer.Write("\n"u8);
        FlushWhenFull();
    }

    public void Dispose()
    {
        Flush();
        output.Dispose();
    }

    private void FlushWhenFull()
    {
        if (_buffer.WrittenCount >= FlushBytes)
        {
            Flush();
        }
    }

    private void Flush()
    {
        output.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }

    private ReadOnlySpan<byte> Time(long second)
    {
        if (second != _timeSecond)
        {
            _timeSecond = second;
            Traffic
                .Start.AddSeconds(second)
                .TryFormat(_time, out _, "yyyy-MM-dd HH:mm:ss' UTC'", CultureInfo.InvariantCulture);
        }

        return _time;
    }

    private static int WriteCents(long cents, Span<byte> to)
    {
        int length = WriteNumber(cents / 100, to);
        to[length++] = (byte)'.';
        to[length++] = (byte)('0' + (cents / 10 % 10));
        to[length++] = (byte)('0' + (cents % 10));
        return length;
    }

    private static int WriteNumber(long number, Span<byte> to)
    {
        number.TryFormat(to, out int written, default, CultureInfo.InvariantCulture);
        return written;
    }
}
