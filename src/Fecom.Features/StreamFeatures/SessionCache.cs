using Fecom.Learning.Views;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// Session states of one partition as of one version of the sink. At any other version another host has written, and what
/// is remembered here is void. Bounded: the half that was not used lately goes when it is full.
/// </summary>
internal sealed class SessionCache(int capacity)
{
    private Dictionary<string, SessionState> _recent = new(StringComparer.Ordinal);
    private Dictionary<string, SessionState> _older = new(StringComparer.Ordinal);
    private long _version = -1;

    /// <summary>The state of a session as of <paramref name="version"/>; null when it is not remembered.</summary>
    public SessionState? Find(string session, long version) =>
        version != _version ? null
        : _recent.TryGetValue(session, out SessionState? state) || _older.TryGetValue(session, out state) ? state
        : null;

    /// <summary>Takes the states that were written when the partition went from <paramref name="before"/> to the next version.</summary>
    public void Advance(long before, IEnumerable<KeyValuePair<string, SessionState>> written)
    {
        if (before != _version)
        {
            _recent.Clear();
            _older.Clear();
        }

        _version = before + 1;
        foreach ((string session, SessionState state) in written)
        {
            _recent[session] = state;
        }

        if (_recent.Count > capacity / 2)
        {
            (_older, _recent) = (_recent, _older);
            _recent.Clear();
        }
    }
}
