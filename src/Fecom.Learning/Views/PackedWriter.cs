using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Fecom.Learning.Views;

/// <summary>Writes a value of the online store (see <see cref="PackedFeatures"/>) field by field, in the order of the view's fields, into one string and nothing else.</summary>
internal ref struct PackedWriter
{
    /// <summary>Characters that most values fit in: what a caller gives as the buffer.</summary>
    public const int UsualLength = 1_024;

    /// <summary>Dividing by one with this scale drops the trailing zeros of a decimal.</summary>
    private const decimal One = 1.0000000000000000000000000000m;

    private static readonly SearchValues<char> Special = SearchValues.Create([
        .. Enumerable.Range(0, ' ').Select(c => (char)c),
        '"',
        '\\',
    ]);

    private DefaultInterpolatedStringHandler _text;
    private bool _isFirst = true;

    public PackedWriter(long revision, Span<char> buffer)
    {
        _text = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, buffer);
        _text.AppendFormatted(PackedFeatures.Format);
        _text.AppendFormatted(revision, "D19");
        _text.AppendFormatted('[');
    }

    public void Add(string? text)
    {
        Begin();
        Escape(text);
        End();
    }

    public void Add(long number)
    {
        Begin();
        _text.AppendFormatted(number);
        End();
    }

    public void Add(decimal number)
    {
        Begin();
        _text.AppendFormatted(number / One);
        End();
    }

    /// <summary>Microseconds since 1970-01-01 UTC; what is finer than a microsecond is dropped.</summary>
    public void Add(DateTime time) => Add((time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    public void Add(ReadOnlySpan<RecentProduct> products)
    {
        Begin();
        for (int i = 0; i < products.Length; i++)
        {
            if (i > 0)
            {
                _text.AppendLiteral("\\n");
            }

            _text.AppendFormatted(RecentProducts.Letters[(int)products[i].Type]);
            Escape(products[i].ProductId);
        }

        End();
    }

    public string Finish()
    {
        _text.AppendFormatted(']');
        return _text.ToStringAndClear();
    }

    private void Begin()
    {
        _text.AppendLiteral(_isFirst ? "\"" : ",\"");
        _isFirst = false;
    }

    private void End() => _text.AppendFormatted('"');

    private void Escape(ReadOnlySpan<char> text)
    {
        for (int special; (special = text.IndexOfAny(Special)) >= 0; text = text[(special + 1)..])
        {
            _text.AppendFormatted(text[..special]);
            _text.AppendLiteral("\\u");
            _text.AppendFormatted((int)text[special], "x4");
        }

        _text.AppendFormatted(text);
    }
}
