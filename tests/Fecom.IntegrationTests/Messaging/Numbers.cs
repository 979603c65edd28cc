using System.Collections.Concurrent;
using System.Text;
using Fecom.Platform.Messaging;
using MassTransit;
using Npgsql;

namespace Fecom.IntegrationTests.Messaging;

/// <summary>What the consumer saw, and how it is to behave.</summary>
public sealed class Numbers
{
    private readonly ManualResetEventSlim _open = new(initialState: false);

    public string? Poison { get; set; }

    public bool Held { get; init; }

    public bool Away { get; set; }

    /// <summary>The sink is away when it comes to this one.</summary>
    public string? AwayAt { get; set; }

    /// <summary>More at once are refused with <see cref="TooMuch"/>.</summary>
    public int Max { get; init; } = int.MaxValue;

    public string TooMuch { get; init; } = "";

    public bool Waiting { get; private set; }

    public ConcurrentDictionary<int, int> Processed { get; } = new();

    public ConcurrentQueue<int> Order { get; } = new();

    public void Release() => _open.Set();

    public int Batches { get; private set; }

    public void Take(IReadOnlyList<string> batch)
    {
        Batches++;
        if (Held)
        {
            Waiting = true;
            _open.Wait();
        }

        if (batch.Count > Max)
        {
            throw new PostgresException("too much", "ERROR", "ERROR", TooMuch);
        }

        if (batch.Any(number => number == Poison))
        {
            throw new InvalidOperationException("no luck");
        }

        if (Away || (AwayAt is not null && batch.Contains(AwayAt)))
        {
            throw new TimeoutException("the sink does not answer");
        }

        foreach (int number in batch.Select(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)))
        {
            Processed.AddOrUpdate(number, 1, (_, count) => count + 1);
            Order.Enqueue(number);
        }
    }
}

internal sealed class NumbersConsumer(Numbers numbers) : IConsumer<TopicBatch<RawMessage>>
{
    public Task Consume(ConsumeContext<TopicBatch<RawMessage>> context)
    {
        numbers.Take([
            .. context.Message.Messages.Select(message => Encoding.UTF8.GetString(message.Value.Bytes).Split(' ')[0]),
        ]);
        return Task.CompletedTask;
    }
}
