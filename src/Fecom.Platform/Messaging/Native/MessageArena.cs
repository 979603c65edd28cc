namespace Fecom.Platform.Messaging;

/// <summary>A buffer of messages that are passed to librdkafka in one call. One a thread, reused.</summary>
internal sealed unsafe class MessageArena
{
    private const int MaxMessages = 512;
    private const int MaxBytes = 256 * 1024;

    [ThreadStatic]
    private static MessageArena? _ofThisThread;

    // Pinned: the messages point into it.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(MaxBytes, pinned: true);
    private readonly NativeMessage[] _messages = GC.AllocateArray<NativeMessage>(MaxMessages, pinned: true);
    private int _used;

    public static MessageArena OfThisThread => _ofThisThread ??= new MessageArena();

    public int Count { get; private set; }

    /// <summary>The messages; sending sets their errors.</summary>
    public Span<NativeMessage> Messages => _messages.AsSpan(0, Count);

    /// <summary>The first message's address.</summary>
    public NativeMessage* Pointer => (NativeMessage*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _messages[0]);

    /// <summary>Adds a message; false when it does not fit beside the others.</summary>
    public bool TryAdd(int partition, in OutgoingMessage message, nint opaque)
    {
        int keyLength = message.Key?.Length ?? 0;
        if (Count == MaxMessages || _used + keyLength + message.Value.Length > MaxBytes)
        {
            return false;
        }

        byte* start = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _bytes[0]) + _used;
        message.Key.AsSpan().CopyTo(_bytes.AsSpan(_used));
        message.Value.CopyTo(_bytes.AsSpan(_used + keyLength));
        _used += keyLength + message.Value.Length;
        _messages[Count++] = new NativeMessage
        {
            Partition = partition,
            Key = keyLength == 0 ? null : start,
            KeyLength = (nuint)keyLength,
            Value = start + keyLength,
            ValueLength = (nuint)message.Value.Length,
            Opaque = opaque,
        };
        return true;
    }

    public void Clear()
    {
        Count = 0;
        _used = 0;
    }
}
