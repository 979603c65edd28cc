using System.Runtime.InteropServices;
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

    /// <summary>The place in the batch of its last event so far; -1 before the first.</summary>
    public int LastPlace { get; set; } = -1;

    /// <summary>From when on its rows of earlier batches count up, once for each late event; null when none came.</summary>
    public List<DateTime>? CountUpFrom { get; set; }
}

/// <summary>Rows of a session that follow late events: each counts up.</summary>
/// <param name="Session">The session.</param>
/// <param name="From">Rows of events from this time on.</param>
/// <param name="To">And before this one.</param>
/// <param name="Events">How many late events they follow.</param>
internal readonly record struct CountUp(string Session, DateTime From, DateTime To, int Events);

/// <summary>
/// What a batch makes of the views: sessions stepped from their states, products and categories tallied by themselves. Used
/// batch after batch: tables of this size would be large objects, which only a full collection frees.
/// </summary>
internal sealed class FeatureBatch
{
    private readonly Dictionary<string, SessionWork> _sessions = new(StringComparer.Ordinal);
    private readonly TallyTable _products = new();
    private readonly TallyTable _categories = new();
    private readonly List<FeatureRow> _rows = [];

    /// <summary>For each row the place of the row before it of the same session; -1 for none.</summary>
    private readonly List<int> _before = [];

    /// <summary>The rows of the offline store, one an event.</summary>
    public IReadOnlyList<FeatureRow> Rows => _rows;

    /// <summary>Events that were older than the lateness, or came behind too many others.</summary>
    public int TooLate { get; private set; }

    public IReadOnlyDictionary<string, SessionWork> Sessions => _sessions;

    /// <summary>Takes the sessions of new messages in.</summary>
    /// <returns>The sessions that the memory does not know.</returns>
    public List<string> Begin(IReadOnlyList<TopicMessage<BehaviorEvent>> messages, SessionMemory memory)
    {
        _sessions.Clear();
        _products.Clear();
        _categories.Clear();
        _rows.Clear();
        _before.Clear();
        TooLate = 0;
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
    public void Step(IReadOnlyList<TopicMessage<BehaviorEvent>> messages, TimeSpan lateness)
    {
        for (int i = 0; i < messages.Count; i++)
        {
            BehaviorEvent e = messages[i].Value;
            int partition = messages[i].Partition;
            SessionWork session = _sessions[e.UserSession];
            session.State = SessionView.Step(session.State, e, lateness);
            session.Partition = partition;
            _rows.Add(new FeatureRow(e, SessionView.Features(session.State, e)));
            _before.Add(session.LastPlace);
            session.LastPlace = i;
            if (e.EventTime < session.State.EventTime)
            {
                TakeLate(session, e);
            }

            _products.Add(e.ProductId, e, partition);
            if (CategoryView.EntityOf(e) is { } category)
            {
                _categories.Add(category, e, partition);
            }
        }
    }

    /// <summary>The rows are written: what is collected meanwhile need not keep their events.</summary>
    public void End() => _rows.Clear();

    /// <summary>What a late event changes of rows that are there already.</summary>
    public IEnumerable<CountUp> CountUps()
    {
        foreach ((string id, SessionWork session) in _sessions)
        {
            if (session.CountUpFrom is not { } from)
            {
                continue;
            }

            from.Sort();
            DateTime end = session.State!.EventTime.AddMicroseconds(1);
            for (int i = 0; i < from.Count; i++)
            {
                DateTime to = i + 1 < from.Count ? from[i + 1] : end;
                if (to > from[i])
                {
                    yield return new CountUp(id, from[i], to, i + 1);
                }
            }
        }
    }

    /// <summary>The rows of the batch that follow a late event count up here, those of earlier batches where they are.</summary>
    private void TakeLate(SessionWork session, BehaviorEvent late)
    {
        RecentTimes times = session.State!.Times;
        (int following, DateTime first) = times.After(late.EventTime);
        if (!times.Has(late.EventTime))
        {
            TooLate++;
        }

        Span<FeatureRow> rows = CollectionsMarshal.AsSpan(_rows);
        for (int place = _before[^1]; place >= 0 && following > 0; place = _before[place])
        {
            ref FeatureRow row = ref rows[place];
            if (row.Event.EventTime >= first)
            {
                row = row with { Features = row.Features with { ActivityCount = row.Features.ActivityCount + 1 } };
                following--;
            }
        }

        if (following > 0)
        {
            (session.CountUpFrom ??= []).Add(first);
        }
    }

    /// <summary>What the events say of their products, in ascending order of ids.</summary>
    public Delta<ProductState>[] Products() => _products.Deltas(ProductState.Of);

    /// <summary>What the events say of their categories, in ascending order of ids.</summary>
    public Delta<CategoryState>[] Categories() => _categories.Deltas(CategoryState.Of);
}
