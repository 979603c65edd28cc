using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Reads what a consumer has fetched, many messages a call. The messages stay in librdkafka's memory, and are valid until the
/// next read. The consumer's own callbacks run within a read, on the thread that reads.
/// </summary>
internal sealed unsafe class NativeBatch : IDisposable
{
    /// <summary>Messages of one call into the library.</summary>
    private const int Chunk = 1_000;

    private readonly nint _queue;
    private readonly NativeMessage** _messages;
    private readonly int _capacity;
    private readonly Lock _gate = new();
    private bool _disposed;
    private long _bytes;

    /// <param name="consumer">The managed consumer whose messages are read.</param>
    /// <param name="capacity">The maximum number of messages of a batch.</param>
    public NativeBatch(IClient consumer, int capacity)
    {
        _queue = RdKafka.ConsumerQueue(RdKafka.HandleOf(consumer));
        _capacity = capacity;
        _messages = (NativeMessage**)NativeMemory.Alloc((nuint)capacity, (nuint)sizeof(NativeMessage*));
    }

    public int Count { get; private set; }

    public NativeMessage* this[int index] => _messages[index];

    /// <summary>Frees the messages before and waits for a first one, then takes what is there.</summary>
    /// <param name="wait">How long.</param>
    /// <param name="maxBytes">Stops once the batch has as much.</param>
    public void Read(TimeSpan wait, int maxBytes)
    {
        Free();
        if (Read((int)wait.TotalMilliseconds, 1) > 0)
        {
            Take(maxBytes);
        }
    }

    /// <summary>Waits until the batch has so many messages, then takes what else is there; not at all when it has them.</summary>
    /// <param name="wait">How long at most.</param>
    /// <param name="messages">So many.</param>
    /// <param name="maxBytes">Stops once the batch has as much.</param>
    public void Gather(TimeSpan wait, int messages, int maxBytes)
    {
        if (
            _bytes < maxBytes
            && Count < messages
            && Read((int)Math.Ceiling(wait.TotalMilliseconds), messages - Count) > 0
        )
        {
            Take(maxBytes);
        }
    }

    /// <summary>Ends a read that waits, or else the next one. Called by any thread.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                RdKafka.Yield(_queue);
            }
        }
    }

    /// <summary>Frees the messages' memory.</summary>
    public void Free()
    {
        for (int i = 0; i < Count; i++)
        {
            RdKafka.DestroyMessage(_messages[i]);
        }

        Count = 0;
        _bytes = 0;
    }

    public void Dispose()
    {
        Free();
        lock (_gate)
        {
            _disposed = true;
        }

        RdKafka.DestroyQueue(_queue);
        NativeMemory.Free(_messages);
    }

    private void Take(int maxBytes)
    {
        int read = 1;
        while (read > 0 && Count < _capacity && _bytes < maxBytes)
        {
            read = Read(0, Math.Min(Chunk, _capacity - Count));
        }
    }

    private int Read(int milliseconds, int max)
    {
        int read = (int)RdKafka.Consume(_queue, milliseconds, _messages + Count, (nuint)max);
        for (int i = Count; i < Count + read; i++)
        {
            _bytes += (long)_messages[i]->ValueLength;
        }

        Count += Math.Max(read, 0);
        return read;
    }
}
