using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// What one transaction changes: the entities of its events, view by view. An entity with many events is written once. Used
/// tick after tick: tables of this size would be large objects, which only a full collection frees.
/// </summary>
internal sealed class FeatureTick
{
    /// <summary>Events from which on the views are worked side by side.</summary>
    private const int SideBySide = 500;

    private readonly Dictionary<string, EntityWork>[] _works =
    [
        .. FeatureViews.All.Select(_ => new Dictionary<string, EntityWork>(StringComparer.Ordinal)),
    ];

    /// <summary>Of each view the entity of each message, so that it is looked up once; null where a message names none.</summary>
    private readonly EntityWork?[][] _workOf = [.. FeatureViews.All.Select(_ => Array.Empty<EntityWork?>())];

    private IReadOnlyList<TopicMessage<BehaviorEvent>> _messages = [];

    /// <summary>Two in turns: Redis takes one tick's states while the next tick's are packed.</summary>
    private readonly PackedStates[] _packed = [new(), new()];
    private int _turn;

    /// <summary>The states as they are written.</summary>
    public PackedStates Packed => _packed[_turn];

    /// <summary>The entities of a view, by its place in <see cref="FeatureViews.All"/>.</summary>
    public IReadOnlyDictionary<string, EntityWork> Works(int view) => _works[view];

    /// <summary>Collects the entities of new messages.</summary>
    /// <returns>Of each view the entities that the memory does not know.</returns>
    public List<string>[] Begin(IReadOnlyList<TopicMessage<BehaviorEvent>> messages, StateMemory[] memories)
    {
        _messages = messages;
        _turn = 1 - _turn;
        Packed.Begin();
        List<string>[] unknown = new List<string>[_works.Length];
        ForEachView(view => unknown[view] = Collect(view, memories[view]));
        return unknown;
    }

    /// <summary>Steps every view over the events.</summary>
    public void Step() =>
        ForEachView(view =>
        {
            FeatureView stepped = FeatureViews.All[view];
            foreach (EntityWork work in _works[view].Values)
            {
                work.State ??= stepped.Create();
            }

            EntityWork?[] workOf = _workOf[view];
            for (int i = 0; i < _messages.Count; i++)
            {
                workOf[i]?.State!.Step(_messages[i].Value);
            }
        });

    /// <summary>Of each view its entities in ascending order.</summary>
    public EntityWork[][] Ordered()
    {
        EntityWork[][] ordered = new EntityWork[_works.Length][];
        ForEachView(view =>
        {
            ordered[view] = [.. _works[view].Values];
            Array.Sort(ordered[view], static (a, b) => string.CompareOrdinal(a.Entity, b.Entity));
        });
        return ordered;
    }

    /// <summary>Steps some entities of a view again, from the states that they have been given.</summary>
    public void StepAgain(int view, IReadOnlyDictionary<string, EntityWork> works)
    {
        for (int i = 0; i < _messages.Count; i++)
        {
            if (_workOf[view][i] is { } work && works.ContainsKey(work.Entity))
            {
                work.State!.Step(_messages[i].Value);
            }
        }
    }

    /// <summary>Nothing of it is kept beyond its transaction.</summary>
    public void End()
    {
        _messages = [];
        Array.ForEach(_works, works => works.Clear());
        Array.ForEach(_workOf, workOf => Array.Clear(workOf));
    }

    /// <summary>
    /// Views share nothing, so they are worked side by side when there is enough to do; of a few events each view takes less
    /// time than handing it to another thread.
    /// </summary>
    private void ForEachView(Action<int> work)
    {
        if (_messages.Count >= SideBySide)
        {
            Parallel.For(0, _works.Length, work);
            return;
        }

        for (int view = 0; view < _works.Length; view++)
        {
            work(view);
        }
    }

    private List<string> Collect(int view, StateMemory memory)
    {
        Dictionary<string, EntityWork> works = _works[view];
        works.Clear();
        if (_workOf[view].Length < _messages.Count)
        {
            _workOf[view] = new EntityWork?[_messages.Count];
        }

        EntityWork?[] workOf = _workOf[view];
        List<string> unknown = [];
        for (int i = 0; i < _messages.Count; i++)
        {
            if (FeatureViews.All[view].EntityOf(_messages[i].Value) is not { } entity)
            {
                workOf[i] = null;
                continue;
            }

            ref EntityWork? work = ref CollectionsMarshal.GetValueRefOrAddDefault(works, entity, out bool isThere);
            if (isThere)
            {
                workOf[i] = work;
                continue;
            }

            workOf[i] = work = new EntityWork(entity) { Partition = _messages[i].Partition };
            if (memory.TryFind(entity, out KnownState known))
            {
                (work.State, work.Revision) = known;
            }
            else
            {
                unknown.Add(entity);
            }
        }

        return unknown;
    }
}
