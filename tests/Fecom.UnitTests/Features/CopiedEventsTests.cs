using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Fecom.Contracts;
using Fecom.Features.StreamFeatures;
using Xunit;

namespace Fecom.UnitTests.Features;

public sealed class CopiedEventsTests
{
    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 7)]
    [InlineData(3, 191)]
    [InlineData(4, 100_000)]
    public void Append_WhereverItsBytesAreCut_GivesTheEventsOfOneCopyAfterTheOther(int seed, int size)
    {
        BehaviorEvent[] events = Events(seed, 60);
        CopiedEvents parser = new();
        List<BehaviorEvent> parsed = [];

        foreach (BehaviorEvent[] copy in (BehaviorEvent[][])[events[..25], [], events[25..]])
        {
            foreach (byte[] part in Copy(copy).Chunk(size))
            {
                parser.Append(part);
                while (parser.TryRead(out BehaviorEvent? e))
                {
                    parsed.Add(e);
                }
            }

            parser.End();
        }

        Assert.Equal(events, parsed);
    }

    [Fact]
    public async Task ReadAsync_OfRowsThatComeOneByOne_GivesManyAtOnce()
    {
        BehaviorEvent[] events = Events(seed: 5, 5_000);
        CopiedEvents parser = new();
        await using Stream rows = new RowByRow(Copy(events));
        List<BehaviorEvent[]> parts = [];

        while (await parser.ReadAsync(rows, TestContext.Current.CancellationToken) is { } part)
        {
            parts.Add(part);
        }

        Assert.Equal(events, parts.SelectMany(part => part));
        Assert.InRange(parts.Count, 2, 20);
    }

    [Fact]
    public void TryRead_OfVisitorsAndVisitsThatNobodyAsksFor_LeavesBothEmpty()
    {
        BehaviorEvent one = Events(seed: 6, 1)[0];
        BehaviorEvent[] events =
        [
            one with
            {
                UserId = "asked",
                UserSession = "visit of one who is asked for",
            },
            one with
            {
                UserId = "other",
                UserSession = "asked visit",
            },
            one with
            {
                UserId = "ключ",
                UserSession = "other visit",
            },
            one with
            {
                UserId = "иной",
                UserSession = "other visit",
            },
        ];
        CopiedEvents parser = new(new KnownTexts(["asked", "asked visit", "ключ"]));

        parser.Append(Copy(events));

        Assert.All(
            (BehaviorEvent[])[.. events[..3], one with { UserId = "", UserSession = "" }],
            expected =>
            {
                Assert.True(parser.TryRead(out BehaviorEvent? e));
                Assert.Equal(expected, e);
            }
        );
    }

    [Fact]
    public void End_InTheMiddleOfARow_IsRefused()
    {
        CopiedEvents parser = new();
        parser.Append(Copy(Events(seed: 7, 2)).AsSpan()[..^20]);

        Assert.True(parser.TryRead(out _));
        Assert.False(parser.TryRead(out _));
        Assert.Throws<EndOfStreamException>(parser.End);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("0.00")]
    [InlineData("91.45")]
    [InlineData("1234567.8901")]
    [InlineData("100000000")]
    [InlineData("0.0001")]
    [InlineData("123456789012345678.123456")]
    [InlineData("5.00000000")]
    [InlineData("9999999999999999.99")]
    public void Prices_KeepTheirDigitsAndTheirScale(string price)
    {
        BehaviorEvent e = Events(seed: 8, 1)[0] with { Price = decimal.Parse(price, CultureInfo.InvariantCulture) };
        CopiedEvents parser = new();

        parser.Append(Copy([e]));

        Assert.True(parser.TryRead(out BehaviorEvent? read));
        Assert.Equal(price, read.Price.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public void TryRead_OfAnUnknownType_NamesIt()
    {
        byte[] bytes = Copy(Events(seed: 9, 1) is [var e] ? [e with { EventType = BehaviorEventType.View }] : []);
        bytes.AsSpan(bytes.AsSpan().IndexOf("view"u8), 4).Fill((byte)'x');
        CopiedEvents parser = new();
        parser.Append(bytes);

        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => parser.TryRead(out _));

        Assert.Contains("'xxxx'", refused.Message, StringComparison.Ordinal);
    }

    private static BehaviorEvent[] Events(int seed, int count)
    {
        Random random = new(seed);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                {
                    DateTime time = Epoch.AddDays(9_000).AddSeconds(i);
                    return new BehaviorEvent
                    {
                        EventId = EventId.At(1, i),
                        EventTime = time,
                        EventType = (BehaviorEventType)random.Next(4),
                        ProductId = $"p{random.Next(20)}",
                        CategoryId = random.Next(3) == 0 ? null : $"{2_053_013_826_676_441_047 + random.Next(4)}",
                        CategoryCode = random.Next(3) == 0 ? null : "электро.смартфон",
                        Brand = random.Next(3) == 0 ? null : $"brand {random.Next(5)}",
                        Price = random.Next(1_000_000) / 100m,
                        UserId = $"{500_000_000 + random.Next(9)}",
                        UserSession = EventId.At(2, random.Next(20)).ToString(),
                        Source = "api",
                        Position = i,
                        ReceivedAt = time.AddMilliseconds(random.Next(1_000)),
                        ValidatedAt = time,
                    };
                }),
        ];
    }

    /// <summary>The events as PostgreSQL copies them out in binary form.</summary>
    private static byte[] Copy(BehaviorEvent[] events)
    {
        using MemoryStream bytes = new();
        bytes.Write([.. "PGCOPY\n"u8, 255, (byte)'\r', (byte)'\n', 0]);
        bytes.Write(new byte[8]);
        foreach (BehaviorEvent e in events)
        {
            bytes.Write([0, 13]);
            Field(bytes, e.EventId.ToByteArray(bigEndian: true));
            Field(bytes, Long(Microseconds(e.EventTime)));
            Field(bytes, Text(e.EventType.Name()));
            Field(bytes, Text(e.ProductId));
            Field(bytes, Text(e.CategoryId));
            Field(bytes, Text(e.CategoryCode));
            Field(bytes, Text(e.Brand));
            Field(bytes, Numeric(e.Price));
            Field(bytes, Text(e.UserId));
            Field(bytes, Text(e.UserSession));
            Field(bytes, Text(e.Source));
            Field(bytes, Long(e.Position));
            Field(bytes, Long(Microseconds(e.ReceivedAt)));
        }

        bytes.Write([255, 255]);
        return bytes.ToArray();
    }

    private static void Field(MemoryStream bytes, byte[]? field)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, field?.Length ?? -1);
        bytes.Write(length);
        bytes.Write(field);
    }

    private static long Microseconds(DateTime time) => (time - Epoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static byte[]? Text(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    private static byte[] Long(long number)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }

    /// <summary>Digits of base 10,000 around the decimal point, without zeros at either end.</summary>
    private static byte[] Numeric(decimal number)
    {
        string[] parts = number.ToString(CultureInfo.InvariantCulture).Split('.');
        int scale = parts.Length > 1 ? parts[1].Length : 0;
        string whole = parts[0].PadLeft((parts[0].Length + 3) / 4 * 4, '0');
        string text = whole + (scale > 0 ? parts[1].PadRight((scale + 3) / 4 * 4, '0') : "");
        int weight = (whole.Length / 4) - 1;
        List<short> digits =
        [
            .. text.Chunk(4).Select(digit => short.Parse(digit, NumberStyles.None, CultureInfo.InvariantCulture)),
        ];
        while (digits is [0, ..])
        {
            digits.RemoveAt(0);
            weight--;
        }

        while (digits is [.., 0])
        {
            digits.RemoveAt(digits.Count - 1);
        }

        short[] shorts = [(short)digits.Count, (short)(digits.Count > 0 ? weight : 0), 0, (short)scale, .. digits];
        return [.. shorts.SelectMany(one => (byte[])[(byte)(one >> 8), (byte)one])];
    }

    /// <summary>A stream that gives no more than a row or so at a read, as Npgsql does.</summary>
    private sealed class RowByRow(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(200, buffer.Length)], cancellationToken);
    }
}
