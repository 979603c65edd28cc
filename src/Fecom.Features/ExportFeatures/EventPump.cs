using System.Buffers;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Fecom.Contracts;
using Fecom.Features.StreamFeatures;
using Npgsql;

namespace Fecom.Features.ExportFeatures;

/// <summary>
/// The events of some COPY statements, one after the other. Their bytes are read ahead on another thread; they are parsed where they are
/// used, so that an event is garbage before it is moved.
/// </summary>
internal sealed class EventPump : IAsyncDisposable
{
    /// <summary>Blocks of <see cref="CopiedEvents.BlockSize"/> that are read before somebody takes them.</summary>
    private const int Ahead = 16;

    private readonly Channel<Block> _blocks = Channel.CreateBounded<Block>(
        new BoundedChannelOptions(Ahead) { SingleReader = true, SingleWriter = true }
    );
    private readonly CopiedEvents _parser;
    private readonly CancellationTokenSource _stop;
    private readonly Task _reading;
    private bool _isEnding;

    /// <summary>Begins to read.</summary>
    /// <param name="connection">Its own until it is disposed.</param>
    /// <param name="copies">The statements.</param>
    /// <param name="ids">Visitors and visits that are asked for.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public EventPump(
        NpgsqlConnection connection,
        IEnumerable<string> copies,
        KnownTexts ids,
        CancellationToken cancellationToken
    )
    {
        _parser = new CopiedEvents(ids);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _reading = Task.Run(() => ReadAsync(connection, copies, _stop.Token), CancellationToken.None);
    }

    /// <summary>The event at hand; null before the first and after the last.</summary>
    public BehaviorEvent? Current { get; private set; }

    /// <summary>Goes to the next event if that is at hand.</summary>
    public bool TryAdvance()
    {
        bool isThere = _parser.TryRead(out BehaviorEvent? next);
        Current = next;
        return isThere;
    }

    /// <summary>Goes to the next event.</summary>
    public async ValueTask AdvanceAsync(CancellationToken cancellationToken)
    {
        while (!TryAdvance())
        {
            if (_isEnding)
            {
                _parser.End();
                _isEnding = false;
            }

            if (!await _blocks.Reader.WaitToReadAsync(cancellationToken))
            {
                return;
            }

            Block block = await _blocks.Reader.ReadAsync(cancellationToken);
            _parser.Append(block.Bytes.AsSpan(0, block.Count));
            ArrayPool<byte>.Shared.Return(block.Bytes);
            _isEnding = block.IsLast;
        }
    }

    /// <summary>Ends the reading; what fails then was cut off by another failure.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _stop.Dispose();
    }

    /// <summary>What fails is for whoever takes the events to hear.</summary>
    private async Task ReadAsync(
        NpgsqlConnection connection,
        IEnumerable<string> copies,
        CancellationToken cancellationToken
    )
    {
        try
        {
            foreach (string copy in copies)
            {
                await using NpgsqlRawCopyStream rows = await connection.BeginRawBinaryCopyAsync(
                    copy,
                    cancellationToken
                );
                // Sorting takes as long as it takes.
                rows.ReadTimeout = Timeout.Infinite;
                Block block;
                do
                {
                    block = await BlockOfAsync(rows, cancellationToken);
                    await _blocks.Writer.WriteAsync(block, cancellationToken);
                } while (!block.IsLast);
            }

            _blocks.Writer.Complete();
        }
        catch (Exception e)
        {
            _blocks.Writer.Complete(e);
        }
    }

    private static async ValueTask<Block> BlockOfAsync(NpgsqlRawCopyStream rows, CancellationToken cancellationToken)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(CopiedEvents.BlockSize);
        int count = await CopiedEvents.FillAsync(rows, bytes, cancellationToken);
        return new Block(bytes, count, IsLast: count < bytes.Length);
    }

    /// <summary>Bytes of a COPY.</summary>
    /// <param name="Bytes">A rented array.</param>
    /// <param name="Count">How many of them.</param>
    /// <param name="IsLast">Whether the COPY ends with them.</param>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Block(byte[] Bytes, int Count, bool IsLast);
}
