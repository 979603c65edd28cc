using Fecom.Contracts;

namespace Fecom.Serving.LoadModels;

/// <summary>A version of a model that answers requests. Immutable; a promotion replaces it.</summary>
internal sealed record ServedModel<T>(string Name, int Version, string Sha256, T Model);

/// <summary>A promotion that could not be followed, and why.</summary>
internal sealed record RefusedModel(int Version, string Sha256, string Reason);

/// <summary>Warnings about a version that serves.</summary>
/// <param name="Notes">A sentence each.</param>
/// <param name="IsDegraded">Whether it is worse than it should be, as the notes say.</param>
internal sealed record ModelState(IReadOnlyList<string> Notes, bool IsDegraded)
{
    /// <summary>No warnings.</summary>
    public static ModelState Good { get; } = new([], IsDegraded: false);
}

/// <summary>The slot of one model, independent of its type.</summary>
internal interface IModelSlot
{
    /// <summary>The registered model's name.</summary>
    string Name { get; }

    /// <summary>The version that serves; null while none does.</summary>
    int? Version { get; }

    /// <summary>Number of the newest promotion that was received; those with a smaller number are out of date.</summary>
    long Promotion { get; set; }

    /// <summary>The registry's latest warnings about the version that serves.</summary>
    ModelState State { get; set; }

    /// <summary>The newest promotion, when it could not be followed.</summary>
    RefusedModel? Refused { get; set; }

    /// <summary>Versions that should answer beside the one that serves and cannot be loaded, with the reasons.</summary>
    IReadOnlyDictionary<int, string> Unloadable { get; }

    /// <summary>All warnings about the serving version, including a promotion that could not be followed, and versions beside it that cannot be loaded.</summary>
    static IReadOnlyList<string> NotesOf(IModelSlot slot)
    {
        RefusedModel? refused = slot.Refused;
        IReadOnlyDictionary<int, string> unloadable = slot.Unloadable;
        return refused is null && unloadable.Count == 0
            ? slot.State.Notes
            :
            [
                .. slot.State.Notes,
                .. refused is null ? [] : new[] { $"Version {refused.Version} cannot be loaded: {refused.Reason}" },
                .. unloadable.Select(one =>
                    $"Version {one.Key}, which should answer beside it, cannot be loaded: {one.Value}"
                ),
            ];
    }

    /// <summary>Whether a version can answer, as the champion or beside it.</summary>
    bool Has(int version);

    /// <summary>Says which versions are to answer beside the champion; others are let go.</summary>
    void Keep(IReadOnlySet<int> versions);

    /// <summary>Reads an artifact of a version that is to answer beside the champion.</summary>
    void Add(KnownVersion version, ReadOnlyMemory<byte> artifact);

    /// <summary>Notes why a version that is to answer beside the champion cannot.</summary>
    void Refuse(int version, string reason);

    /// <summary>Whether this very artifact serves already.</summary>
    bool Serves(ModelPromoted promoted);

    /// <summary>Reads the artifact, and only then swaps.</summary>
    void Swap(ModelPromoted promoted, ReadOnlyMemory<byte> artifact);
}

/// <summary>Holds the version that serves. A reader takes <see cref="Current"/> once a request and stays with it.</summary>
/// <param name="name">The registered model's name.</param>
/// <param name="read">Reads an artifact; throws when it cannot.</param>
internal sealed class ModelSlot<T>(string name, Func<ReadOnlyMemory<byte>, T> read) : IModelSlot
    where T : class
{
    private volatile ServedModel<T>? _current;
    private volatile RefusedModel? _refused;
    private volatile ModelState _state = ModelState.Good;
    private volatile IReadOnlySet<int> _wanted = new HashSet<int>();
    private volatile IReadOnlyDictionary<int, ServedModel<T>> _others = new Dictionary<int, ServedModel<T>>();
    private volatile IReadOnlyDictionary<int, string> _unloadable = new Dictionary<int, string>();
    private readonly Lock _change = new();
    private long _promotion;

    public string Name => name;

    public ServedModel<T>? Current => _current;

    public int? Version => _current?.Version;

    public long Promotion
    {
        get => Volatile.Read(ref _promotion);
        set => Volatile.Write(ref _promotion, value);
    }

    public ModelState State
    {
        get => _state;
        set => _state = value;
    }

    public IReadOnlyDictionary<int, string> Unloadable => _unloadable;

    /// <summary>A version that can answer, the champion or one beside it; null when it is not loaded.</summary>
    public ServedModel<T>? Find(int version) =>
        _current is { } current && current.Version == version ? current : _others.GetValueOrDefault(version);

    public bool Has(int version) => Find(version) is not null;

    public void Keep(IReadOnlySet<int> versions)
    {
        if (versions.Count == 0 && _wanted.Count == 0)
        {
            return;
        }

        lock (_change)
        {
            _wanted = versions;
            _others = _others.Where(one => versions.Contains(one.Key)).ToDictionary();
            _unloadable = _unloadable.Where(one => versions.Contains(one.Key) && !Has(one.Key)).ToDictionary();
        }
    }

    public void Add(KnownVersion version, ReadOnlyMemory<byte> artifact)
    {
        ServedModel<T> beside = new(name, version.Version, version.Sha256, read(artifact));
        lock (_change)
        {
            _others = new Dictionary<int, ServedModel<T>>(_others) { [version.Version] = beside };
            _unloadable = _unloadable.Where(one => one.Key != version.Version).ToDictionary();
        }
    }

    public void Refuse(int version, string reason)
    {
        lock (_change)
        {
            _unloadable = new Dictionary<int, string>(_unloadable) { [version] = reason };
        }
    }

    /// <summary>Describes a version in an answer; the warnings are the champion's.</summary>
    public AnsweringModel Describe(ServedModel<T> served) =>
        new(served.Name, served.Version, served == _current ? IModelSlot.NotesOf(this) : []);

    public RefusedModel? Refused
    {
        get => _refused;
        set => _refused = value;
    }

    public bool Serves(ModelPromoted promoted) =>
        _current is { } current && current.Version == promoted.Version && current.Sha256 == promoted.Sha256;

    /// <summary>Requests may still use the former model; it is collected with its last reference, unless it is to answer beside the new one.</summary>
    public void Swap(ModelPromoted promoted, ReadOnlyMemory<byte> artifact)
    {
        ServedModel<T> next = new(name, promoted.Version, promoted.Sha256, read(artifact));
        lock (_change)
        {
            if (_current is { } former && _wanted.Contains(former.Version))
            {
                _others = new Dictionary<int, ServedModel<T>>(_others) { [former.Version] = former };
            }

            _current = next;
        }
    }
}
