using Fecom.Ingestion.Generators.Shared;

namespace Fecom.Ingestion.Generators.GenerateEvents;

/// <summary>The events of all visits, in the order of their times. Memory holds the visits under way, not the events.</summary>
internal sealed class EventStream(long seed)
{
    private readonly Shop _shop = new(seed);
    private readonly Traffic _traffic = new(seed);
    private readonly PriorityQueue<Visit, (double Second, long Visit)> _underWay = new();
    private readonly Stack<Visit> _idle = new();
    private long _visits;

    /// <summary>Takes the next event; its visit says whose it is. Valid until the next call.</summary>
    public Step Next(out Visit visit)
    {
        while (!_underWay.TryPeek(out _, out (double Second, long Visit) first) || _traffic.NextSecond <= first.Second)
        {
            Begin();
        }

        visit = _underWay.Dequeue();
        Step step = visit.Current;
        visit.MoveOn();
        if (visit.Over)
        {
            _idle.Push(visit);
        }
        else
        {
            _underWay.Enqueue(visit, (visit.Current.Second, visit.Number));
        }

        return step;
    }

    private void Begin()
    {
        _shop.OpenDay(_traffic.NextDay);
        Visit visit = _idle.Count > 0 ? _idle.Pop() : new Visit();
        visit.Begin(seed, _visits++, _traffic.NextSecond, new Shopper(seed, _traffic.NextShopper(), _shop), _shop);
        _underWay.Enqueue(visit, (visit.Current.Second, visit.Number));
        _traffic.MoveOn();
    }
}
