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
    private readonly Dictionary<string, EntityWork>[] _works =
    [
        .. FeatureViews.All.Select(_ => new Dictionary<string, EntityWork>(StringComparer.Ordinal)),
    ];

    private IReadOnlyList<TopicMessage<BehaviorEvent>> _messages = [];

    /// <summary>The entities of a view, by its place in <see cref="FeatureViews.All"/>.</summary>
    public IReadOnlyDictionary<string, EntityWork> Works(int view) => _works[view];

    /// <summary>Collects the entities of new messages.</summary>
    /// <returns>Of each view the entities that the memory does not know.</returns>
    public List<string>[] Begin(IReadOnlyList<TopicMessage<BehaviorEvent>> messages, StateMemory[] memories)
    {
        _messages = messages;
        List<string>[] unknown = new List<string>[_works.Length];
        for (int view = 0; view < _works.Length; view++)
        {
            unknown[view] = Collect(FeatureViews.All[view], _works[view], memories[view]);
        }

        return unknown;
    }

    /// <summary>Steps every view over the events.</summary>
    public void Step()
    {
        for (int view = 0; view < _works.Length; view++)
        {
            FeatureView stepped = FeatureViews.All[view];
            Dictionary<string, EntityWork> works = _works[view];
            foreach (EntityWork work in works.Values)
            {
                work.State ??= stepped.Create();
            }

            for (int i = 0; i < _messages.Count; i++)
            {
                BehaviorEvent e = _messages[i].Value;
                if (stepped.EntityOf(e) is { } entity)
                {
                    works[entity].State!.Step(e);
                }
            }
        }
    }

    /// <summary>Steps some entities of a view again, from the states that they have been given.</summary>
    public void StepAgain(int view, IReadOnlyDictionary<string, EntityWork> works)
    {
        for (int i = 0; i < _messages.Count; i++)
        {
            BehaviorEvent e = _messages[i].Value;
            if (FeatureViews.All[view].EntityOf(e) is { } entity && works.TryGetValue(entity, out EntityWork? work))
            {
                work.State!.Step(e);
            }
        }
    }

    /// <summary>Nothing of it is kept beyond its transaction.</summary>
    public void End()
    {
        _messages = [];
        Array.ForEach(_works, works => works.Clear());
    }

    private List<string> Collect(FeatureView view, Dictionary<string, EntityWork> works, StateMemory memory)
    {
        works.Clear();
        List<string> unknown = [];
        for (int i = 0; i < _messages.Count; i++)
        {
            if (view.EntityOf(_messages[i].Value) is not { } entity)
            {
                continue;
            }

            ref EntityWork? work = ref CollectionsMarshal.GetValueRefOrAddDefault(works, entity, out bool isThere);
            if (isThere)
            {
                continue;
            }

            work = new EntityWork(entity) { Partition = _messages[i].Partition };
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
