using Fecom.Learning.Views;

namespace Fecom.Features.StreamFeatures;

/// <summary>A session's newest state that this host knows of.</summary>
/// <param name="State">The state.</param>
/// <param name="Revision">Revision of its row in PostgreSQL.</param>
internal readonly record struct KnownSession(SessionState State, long Revision);

/// <summary>
/// The states of the sessions that this host has written lately. A partition that another host has moved on meanwhile voids
/// them; a session that another host wrote from another partition shows when PostgreSQL refuses the write (see
/// <see cref="SessionStates"/>). Bounded: the half that was not used lately goes when it is full.
/// </summary>
internal sealed class SessionMemory(int capacity)
{
    private readonly Dictionary<int, long> _versions = [];
    private Dictionary<string, KnownSession> _recent = new(StringComparer.Ordinal);
    private Dictionary<string, KnownSession> _older = new(StringComparer.Ordinal);

    /// <summary>Looks whether this host was the last to write the partitions of a batch, and forgets everything if not.</summary>
    /// <param name="versions">The version that each partition is about to get.</param>
    public void Meet(IReadOnlyDictionary<int, long> versions)
    {
        foreach ((int partition, long version) in versions)
        {
            if (_versions.TryGetValue(partition, out long known) && known != version - 1)
            {
                Forget();
            }
        }
    }

    public bool TryFind(string session, out KnownSession known) =>
        _recent.TryGetValue(session, out known) || _older.TryGetValue(session, out known);

    public void Forget()
    {
        _versions.Clear();
        _recent.Clear();
        _older.Clear();
    }

    /// <summary>Takes what was written when the partitions came to these versions.</summary>
    public void Remember(
        IReadOnlyDictionary<int, long> versions,
        IEnumerable<KeyValuePair<string, KnownSession>> written
    )
    {
        Meet(versions);
        foreach ((int partition, long version) in versions)
        {
            _versions[partition] = version;
        }

        foreach ((string session, KnownSession known) in written)
        {
            _recent[session] = known;
        }

        if (_recent.Count > capacity / 2)
        {
            (_older, _recent) = (_recent, _older);
            _recent.Clear();
        }
    }
}
