using System.Numerics;
using System.Text;

namespace Fecom.Features.StreamFeatures;

/// <summary>Texts that are found again by their bytes in UTF-8, such as the ids that are asked for.</summary>
internal sealed class KnownTexts
{
    private readonly string?[] _slots;
    private readonly ulong _mask;

    /// <summary>Those that are not ASCII, which a comparison of bytes with characters does not find.</summary>
    private readonly HashSet<string> _others = new(StringComparer.Ordinal);

    /// <summary>Of these texts.</summary>
    public KnownTexts(IReadOnlyCollection<string> texts)
    {
        _slots = new string?[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, 2 * texts.Count))];
        _mask = (ulong)_slots.Length - 1;
        foreach (string text in texts)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            if (!Ascii.IsValid(utf8))
            {
                _others.Add(text);
            }
            else if (Find(utf8) is null)
            {
                ulong slot = CopiedEvents.HashOf(utf8) & _mask;
                while (_slots[slot] is not null)
                {
                    slot = (slot + 1) & _mask;
                }

                _slots[slot] = text;
            }
        }
    }

    /// <summary>The text of these bytes; null when it is not one of them.</summary>
    public string? Find(ReadOnlySpan<byte> utf8)
    {
        for (ulong slot = CopiedEvents.HashOf(utf8) & _mask; _slots[slot] is { } text; slot = (slot + 1) & _mask)
        {
            if (Ascii.Equals(utf8, text))
            {
                return text;
            }
        }

        return
            _others.Count > 0
            && !Ascii.IsValid(utf8)
            && _others.TryGetValue(Encoding.UTF8.GetString(utf8), out string? other)
            ? other
            : null;
    }
}
