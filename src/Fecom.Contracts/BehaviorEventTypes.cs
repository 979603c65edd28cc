using System.Text;
using System.Text.Json;

namespace Fecom.Contracts;

/// <summary>The wire names of <see cref="BehaviorEventType"/>: <c>view</c>, <c>cart</c>, <c>remove_from_cart</c>, <c>purchase</c>.</summary>
public static class BehaviorEventTypes
{
    /// <summary>Every wire name, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> Names { get; } = ["view", "cart", "remove_from_cart", "purchase"];

    /// <summary>The wire name of <paramref name="type"/>.</summary>
    public static string Name(this BehaviorEventType type) => Names[(int)type];

    /// <summary>Reads a wire name; false when it is none of the four.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out BehaviorEventType type)
    {
        for (int i = 0; i < Names.Count; i++)
        {
            if (name.SequenceEqual(Names[i]))
            {
                type = (BehaviorEventType)i;
                return true;
            }
        }

        type = default;
        return false;
    }

    /// <summary>Reads a wire name in UTF-8; false when it is none of the four.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out BehaviorEventType type)
    {
        for (int i = 0; i < Names.Count; i++)
        {
            if (Ascii.Equals(name, Names[i]))
            {
                type = (BehaviorEventType)i;
                return true;
            }
        }

        type = default;
        return false;
    }

    /// <summary>The type that the JSON value at which the reader stands is.</summary>
    /// <exception cref="FormatException">It is none of the four.</exception>
    public static BehaviorEventType Read(ref Utf8JsonReader reader) =>
        TryParse(SharedText.Read(ref reader), out BehaviorEventType type)
            ? type
            : throw new FormatException("It is none of the four types.");
}
