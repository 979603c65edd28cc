using System.Threading.Channels;
using Fecom.Platform.Messaging;
using Npgsql.Replication;
using Npgsql.Replication.PgOutput;
using Npgsql.Replication.PgOutput.Messages;
using NpgsqlTypes;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>Changes that are sent together.</summary>
/// <param name="Messages">In the order in which their transactions were committed; may be empty.</param>
/// <param name="Mark">The last point between two transactions that they reach; null while they all belong to one that has not ended.</param>
internal sealed record CapturedBatch(IReadOnlyList<OutgoingMessage> Messages, CaptureMark? Mark);

/// <summary>Reads a slot's changes from a mark on.</summary>
/// <remarks>
/// A change's position is its number since the snapshot. PostgreSQL sends committed transactions in the order of their commits and
/// each with its changes in their order, so from the same mark on the same change always has the same number. Where the table's
/// changes end, WAL of other tables follows: its positions are marks as well, or PostgreSQL would keep that WAL for ever.
/// </remarks>
internal sealed class ChangeStream(
    CaptureState state,
    IReadOnlyList<string> key,
    CaptureOptions options,
    SourceTypes types,
    TimeProvider time
) : IDisposable
{
    private const int BatchBytes = 4 * 1024 * 1024;

    /// <summary>How long a batch waits for another change, and its maximum time to fill.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MaxLinger = TimeSpan.FromMilliseconds(50);

    private readonly ChangeJson _json = new(state.DatabaseName, options.TableName.Schema, options.TableName.Name);
    private readonly CapturedRow _before = new();
    private readonly CapturedRow _after = new();
    private List<OutgoingMessage> _messages = [];
    private long _bytes;
    private long _batchBegan;
    private CaptureMark _mark = state.Mark;
    private CaptureMark _written = state.Mark;
    private long _writtenAt = time.GetTimestamp();
    private long _position = state.Mark.Position;
    private CapturedCounts _counts = state.Mark.Counts;
    private bool _inTransaction;
    private uint _transaction;
    private DateTime _committedAt;
    private readonly Dictionary<uint, SourceColumn[]> _columns = [];
    private readonly uint? _table = PublicationState.TableOf(state.Published);

    /// <summary>Reads until the connection breaks or somebody cancels.</summary>
    /// <param name="connection">A connection that is not streaming yet.</param>
    /// <param name="batches">Takes the changes; a full one makes PostgreSQL wait.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task ReadAsync(
        LogicalReplicationConnection connection,
        ChannelWriter<CapturedBatch> batches,
        CancellationToken cancellationToken
    )
    {
        IAsyncEnumerable<PgOutputReplicationMessage> stream = connection.StartReplication(
            new PgOutputReplicationSlot(options.Slot),
            new PgOutputReplicationOptions(options.Publication, PgOutputProtocolVersion.V1),
            cancellationToken,
            state.Mark.Lsn
        );
        await using IAsyncEnumerator<PgOutputReplicationMessage> messages = stream.GetAsyncEnumerator(
            cancellationToken
        );
        while (true)
        {
            Task<bool> next = messages.MoveNextAsync().AsTask();
            await WaitAsync(next, connection, batches, cancellationToken);
            if (!await next)
            {
                throw new IOException("PostgreSQL has ended the replication.");
            }

            await TakeAsync(messages.Current, cancellationToken);
            if (
                IsFull
                || (
                    _messages.Count == 0
                    && _mark.Lsn > _written.Lsn
                    && time.GetElapsedTime(_writtenAt) > options.ConfirmInterval
                )
            )
            {
                await WriteAsync(batches, cancellationToken);
            }
        }
    }

    public void Dispose() => _json.Dispose();

    private bool IsFull =>
        _messages.Count >= options.BatchRows
        || _bytes >= BatchBytes
        || (_messages.Count > 0 && time.GetElapsedTime(_batchBegan) > MaxLinger);

    /// <summary>Waits for the next message; sends meanwhile what has come.</summary>
    private async Task WaitAsync(
        Task<bool> next,
        LogicalReplicationConnection connection,
        ChannelWriter<CapturedBatch> batches,
        CancellationToken cancellationToken
    )
    {
        while (!next.IsCompleted && !await WithinAsync(next, _messages.Count > 0 ? Linger : options.ConfirmInterval))
        {
            try
            {
                if (_messages.Count == 0 && !_inTransaction && connection.LastReceivedLsn > _mark.Lsn)
                {
                    // Between two transactions everything before this place has been read: it is either the end of the WAL that
                    // PostgreSQL has looked through, or the first change of a transaction that ends after it and will come again.
                    _mark = _mark with
                    {
                        Lsn = connection.LastReceivedLsn,
                    };
                }

                await WriteAsync(batches, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // The connection must not be closed while it is being read.
                await next.ContinueWith(
                    static ended => ended.Exception,
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default
                );
                throw;
            }
        }
    }

    private async Task<bool> WithinAsync(Task next, TimeSpan timeout)
    {
        using CancellationTokenSource done = new();
        bool came = await Task.WhenAny(next, Task.Delay(timeout, time, done.Token)) == next;
        await done.CancelAsync();
        return came;
    }

    private async Task WriteAsync(ChannelWriter<CapturedBatch> batches, CancellationToken cancellationToken)
    {
        bool moved = _mark.Lsn > _written.Lsn;
        if (_messages.Count == 0 && !moved)
        {
            return;
        }

        CapturedBatch batch = new(_messages, moved ? _mark : null);
        (_messages, _bytes, _written, _writtenAt) = ([], 0, _mark, time.GetTimestamp());
        await batches.WriteAsync(batch, cancellationToken);
    }

    private async ValueTask TakeAsync(PgOutputReplicationMessage message, CancellationToken cancellationToken)
    {
        switch (message)
        {
            case BeginMessage begin:
                (_inTransaction, _transaction, _committedAt) = (
                    true,
                    begin.TransactionXid,
                    begin.TransactionCommitTimestamp
                );
                break;
            case CommitMessage commit:
                _inTransaction = false;
                _mark = new CaptureMark(commit.TransactionEndLsn, _position, _counts);
                break;
            case RelationMessage relation when IsOurs(relation):
                _columns[relation.RelationId] = await ColumnsAsync(relation, cancellationToken);
                break;
            case InsertMessage insert when IsOurs(insert.Relation):
                await _after.ReadAsync(insert.NewRow, cancellationToken);
                _counts = _counts with { Created = _counts.Created + 1 };
                Add('c', insert.WalStart, _columns[insert.Relation.RelationId], before: null, _after);
                break;
            case UpdateMessage update when IsOurs(update.Relation):
                await TakeAsync(update, cancellationToken);
                break;
            case DeleteMessage delete when IsOurs(delete.Relation):
                await _before.ReadAsync(
                    delete is FullDeleteMessage full ? full.OldRow : ((KeyDeleteMessage)delete).Key,
                    cancellationToken
                );
                _counts = _counts with { Deleted = _counts.Deleted + 1 };
                Add(
                    'd',
                    delete.WalStart,
                    _columns[delete.Relation.RelationId],
                    _before,
                    after: null,
                    beforeIsKey: delete is KeyDeleteMessage
                );
                break;
            case TruncateMessage truncate when truncate.Relations.Any(IsOurs):
                _counts = _counts with { Truncated = _counts.Truncated + 1 };
                Add('t', truncate.WalStart, [], before: null, after: null);
                break;
        }
    }

    private async ValueTask TakeAsync(UpdateMessage update, CancellationToken cancellationToken)
    {
        ReplicationTuple? old = update switch
        {
            FullUpdateMessage full => full.OldRow,
            IndexUpdateMessage index => index.Key,
            _ => null,
        };
        if (old is not null)
        {
            await _before.ReadAsync(old, cancellationToken);
        }

        await _after.ReadAsync(update.NewRow, cancellationToken);
        if (update is FullUpdateMessage)
        {
            _after.FillFrom(_before);
        }

        _counts = _counts with { Updated = _counts.Updated + 1 };
        Add(
            'u',
            update.WalStart,
            _columns[update.Relation.RelationId],
            old is null ? null : _before,
            _after,
            beforeIsKey: update is IndexUpdateMessage
        );
    }

    private void Add(
        char op,
        NpgsqlLogSequenceNumber lsn,
        SourceColumn[] columns,
        CapturedRow? before,
        CapturedRow? after,
        bool beforeIsKey = false
    )
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        ChangePlace place = new((ulong)lsn, _transaction, _committedAt, Snapshot: false);
        byte[] value = _json.Write(op, columns, before, beforeIsKey, after, place, now);
        _position++;
        if (_messages.Count == 0)
        {
            _batchBegan = time.GetTimestamp();
        }

        _messages.Add(
            new OutgoingMessage(
                ChangeJson.Key(columns, after ?? before, _position),
                value,
                new MessageOrigin(state.Source, _position, now)
            )
        );
        _bytes += value.Length;
    }

    /// <summary>Compares by oid, which a renamed table keeps; by name where an earlier version did not store the oid.</summary>
    private bool IsOurs(RelationMessage relation) =>
        _table is { } table
            ? relation.RelationId == table
            : (relation.Namespace, relation.RelationName) == options.TableName;

    private Task<SourceColumn[]> ColumnsAsync(RelationMessage relation, CancellationToken cancellationToken) =>
        types.ResolveAsync(
            [
                .. relation.Columns.Select(column => new SourceColumn(
                    column.ColumnName,
                    column.DataTypeId,
                    column.Flags.HasFlag(RelationMessage.Column.ColumnFlags.PartOfKey),
                    key.Contains(column.ColumnName, StringComparer.Ordinal)
                )),
            ],
            cancellationToken
        );
}
