using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;

namespace Fecom.Features.StreamFeatures;

/// <summary>A session on its way through a batch.</summary>
internal sealed class SessionWork
{
    /// <summary>Null before its first event.</summary>
    public SessionState? State { get; set; }

    /// <summary>Revision of its row before the batch; 0 when it had none.</summary>
    public long Revision { get; set; }

    /// <summary>Revision of its row with the batch.</summary>
    public long NextRevision { get; set; }

    /// <summary>Partition of its last event.</summary>
    public int Partition { get; set; }
}

/// <summary>
/// What a batch makes of the views: sessions stepped from their states, products and categories tallied by themselves. Used
/// batch after batch: tables of this size would be large objects, which only a full collection frees.
/// </summary>
internal sealed class FeatureBatch
{
    private readonly Dictionary<string, SessionWork> _sessions = new(StringComparer.Ordinal);
    private readonly TallyTable _products = new();
    private readonly TallyTable _categories = new();

    public IReadOnlyDictionary<string, SessionWork> Sessions => _sessions;

    /// <summary>Takes the sessions of new messages in.</summary>
    /// <returns>The sessions that the memory does not know.</returns>
    public List<string> Begin(IReadOnlyList<TopicMessage<BehaviorEvent>> messages, SessionMemory memory)
    {
        _sessions.Clear();
        _products.Clear();
        _categories.Clear();
        List<string> unknown = [];
        for (int i = 0; i < messages.Count; i++)
        {
            string session = messages[i].Value.UserSession;
            if (_sessions.ContainsKey(session))
            {
                continue;
            }

            SessionWork work = new();
            if (memory.TryFind(session, out KnownSession known))
            {
                (work.State, work.Revision) = known;
            }
            else
            {
                unknown.Add(session);
            }

            _sessions.Add(session, work);
        }

        return unknown;
    }

    /// <summary>Steps every view over the events.</summary>
    public void Step(IReadOnlyList<TopicMessage<BehaviorEvent>> messages)
    {
        for (int i = 0; i < messages.Count; i++)
        {
            BehaviorEvent e = messages[i].Value;
            int partition = messages[i].Partition;
            SessionWork session = _sessions[e.UserSession];
            session.State = SessionView.Step(session.State, e);
            session.Partition = partition;
            _products.Add(e.ProductId, e, partition);
            if (CategoryView.EntityOf(e) is { } category)
            {
                _categories.Add(category, e, partition);
            }
        }
    }

    /// <summary>What the events say of their products, in ascending order of ids.</summary>
    public Delta<ProductState>[] Products() => _products.Deltas(ProductState.Of);

    /// <summary>What the events say of their categories, in ascending order of ids.</summary>
    public Delta<CategoryState>[] Categories() => _categories.Deltas(CategoryState.Of);
}
