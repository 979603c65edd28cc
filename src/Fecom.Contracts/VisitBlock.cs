using System.Text;

namespace Fecom.Contracts;

/// <summary>
/// A message of <see cref="Topics.Visits"/>: many visits. Every host reads every one, so what each costs counts by the number of hosts:
/// a text that repeats is there once, and a visit takes a tenth of the bytes of its event and of the time to read it.
/// </summary>
/// <param name="visits">In the order in which they were validated.</param>
public sealed class VisitBlock(IReadOnlyList<ProductVisit> visits)
{
    /// <summary>The first byte. Another layout would have another one.</summary>
    internal const byte Format = 1;

    internal const int TypeBits = 3;
    internal const int SampleFlag = 4;
    internal const int PriceFlag = 8;

    internal const ulong NullText = 0;
    internal const ulong NewText = 1;

    /// <summary>The first text of the message; those after it have the numbers after it.</summary>
    internal const ulong FirstText = 2;

    /// <summary>In the order in which they were validated.</summary>
    public IReadOnlyList<ProductVisit> Visits => visits;

    /// <summary>Reads a message that <see cref="VisitBlockWriter"/> wrote.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static VisitBlock Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] != Format)
        {
            throw new FormatException("It is no block of visits that this version reads.");
        }

        try
        {
            Reader reader = new(bytes[1..]);
            List<ProductVisit> visits = new(VisitBlockWriter.MaxVisits);
            while (!reader.IsAtEnd)
            {
                visits.Add(reader.Visit());
            }

            return new VisitBlock(visits);
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            throw new FormatException($"The block of visits cannot be read: {e.Message}", e);
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private readonly List<string> _texts = [];
        private ReadOnlySpan<byte> _rest = bytes;
        private long _time;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public ProductVisit Visit()
        {
            byte flags = Take(1)[0];
            string product = Text() ?? throw new FormatException("A visit names no product.");
            string? category = Text();
            string? code = Text();
            string? brand = Text();
            string? session = Text(isShared: false);
            ulong moved = Number();
            _time = unchecked(_time + ((long)(moved >> 1) ^ -(long)(moved & 1)));
            return new ProductVisit(
                product,
                category,
                code,
                (BehaviorEventType)(flags & TypeBits),
                new DateTime(checked(_time * TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc),
                (flags & SampleFlag) != 0,
                brand,
                (flags & PriceFlag) != 0 ? Price() : null,
                session
            );
        }

        /// <param name="isShared">Whether the text repeats from message to message.</param>
        private string? Text(bool isShared = true)
        {
            ulong number = Number();
            if (number == NullText)
            {
                return null;
            }

            if (number >= FirstText)
            {
                return _texts[checked((int)(number - FirstText))];
            }

            ReadOnlySpan<byte> utf8 = Take(checked((int)Number()));
            string text = isShared ? SharedText.Get(utf8) : Encoding.UTF8.GetString(utf8);
            _texts.Add(text);
            return text;
        }

        private decimal Price() =>
            new([(int)(uint)Number(), (int)(uint)Number(), (int)(uint)Number(), (int)(uint)Number()]);

        private ulong Number()
        {
            ulong number = 0;
            for (int shift = 0; shift < 64; shift += 7)
            {
                byte next = Take(1)[0];
                number |= (ulong)(next & 0x7f) << shift;
                if (next < 0x80)
                {
                    return number;
                }
            }

            throw new FormatException("A number is too long.");
        }

        private ReadOnlySpan<byte> Take(int count)
        {
            ReadOnlySpan<byte> taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }
    }
}
