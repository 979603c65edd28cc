namespace Fecom.Contracts;

/// <summary>Writes visits as messages of <see cref="Topics.Visits"/>: see <see cref="VisitBlock"/>. For one thread.</summary>
public sealed class VisitBlockWriter
{
    /// <summary>The maximum number of visits of a message.</summary>
    public const int MaxVisits = 500;

    /// <summary>No visit is added to a message that has so many bytes: ids of the greatest length would make one that a topic refuses.</summary>
    public const int MaxBytes = 64 * 1024;

    private readonly MemoryStream _bytes = new();
    private readonly BinaryWriter _writer;
    private readonly Dictionary<string, ulong> _texts = new(StringComparer.Ordinal);
    private long _time;

    /// <summary>Makes a writer.</summary>
    public VisitBlockWriter() => _writer = new BinaryWriter(_bytes);

    /// <summary>Writes visits, in their order.</summary>
    public IReadOnlyList<byte[]> Write(IReadOnlyList<ProductVisit> visits)
    {
        List<byte[]> messages = new((visits.Count / MaxVisits) + 1);
        for (int next = 0; next < visits.Count; )
        {
            _bytes.SetLength(0);
            _texts.Clear();
            _time = 0;
            _writer.Write(VisitBlock.Format);
            for (int end = next + MaxVisits; next < visits.Count && next < end && _bytes.Length < MaxBytes; next++)
            {
                Write(visits[next]);
            }

            messages.Add(_bytes.ToArray());
        }

        return messages;
    }

    private void Write(in ProductVisit visit)
    {
        _writer.Write(
            (byte)(
                (int)visit.Type
                | (visit.IsSample ? VisitBlock.SampleFlag : 0)
                | (visit.Price is null ? 0 : VisitBlock.PriceFlag)
            )
        );
        Text(visit.ProductId);
        Text(visit.CategoryId);
        Text(visit.CategoryCode);
        Text(visit.Brand);
        Text(visit.Session);
        long time = visit.Time.Ticks / TimeSpan.TicksPerMicrosecond;
        long moved = unchecked(time - _time);
        _time = time;
        Number((ulong)((moved << 1) ^ (moved >> 63)));
        if (visit.Price is { } price)
        {
            Span<int> parts = stackalloc int[4];
            decimal.GetBits(price, parts);
            foreach (int part in parts)
            {
                Number((uint)part);
            }
        }
    }

    private void Text(string? text)
    {
        if (text is null)
        {
            Number(VisitBlock.NullText);
        }
        else if (_texts.TryGetValue(text, out ulong number))
        {
            Number(number);
        }
        else
        {
            _texts.Add(text, VisitBlock.FirstText + (ulong)_texts.Count);
            Number(VisitBlock.NewText);
            _writer.Write(text);
        }
    }

    private void Number(ulong number) => _writer.Write7BitEncodedInt64((long)number);
}
