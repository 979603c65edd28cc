using System.Collections.Frozen;

namespace Fecom.Access.KnowCallers;

/// <summary>Keys and people as they were at a moment.</summary>
/// <param name="Keys">By their number, without those that were revoked.</param>
/// <param name="People">By their number.</param>
/// <param name="ReadAt">When, as a timestamp of the clock.</param>
internal sealed record CallerSnapshot(
    FrozenDictionary<long, KnownKey> Keys,
    FrozenDictionary<long, KnownPerson> People,
    long ReadAt
)
{
    /// <summary>The person of a name, whatever its case.</summary>
    public KnownPerson? Named(string name) =>
        People.Values.FirstOrDefault(person => string.Equals(person.Name, name, StringComparison.OrdinalIgnoreCase));
}
