using System.Data;
using Fecom.Contracts;
using Fecom.Features.StreamFeatures;
using Npgsql;

namespace Fecom.Features.ExportFeatures;

/// <summary>The events of bronze in the order in which they became known: what <see cref="KnownEvents"/> reads, as of one moment and merged.</summary>
internal sealed class EventHistory : IAsyncDisposable
{
    private readonly NpgsqlConnection _ofSlices;
    private readonly NpgsqlConnection _ofStrays;
    private readonly EventPump _slices;
    private readonly EventPump _strays;
    private readonly DateTime _begin;
    private EventPump? _current;

    private EventHistory(
        NpgsqlConnection ofSlices,
        NpgsqlConnection ofStrays,
        KnownEvents known,
        KnownTexts ids,
        CancellationToken cancellationToken
    )
    {
        (_ofSlices, _ofStrays, _begin) = (ofSlices, ofStrays, known.Begin);
        _strays = new EventPump(ofStrays, known.Strays(), ids, cancellationToken);
        _slices = new EventPump(ofSlices, known.Slices(), ids, cancellationToken);
    }

    /// <summary>The event at hand.</summary>
    public BehaviorEvent Current => _current!.Current!;

    /// <summary>When it became known; of what has no order, before every row.</summary>
    public DateTime KnownAt => KnownAtOf(Current);

    public static async Task<EventHistory> OpenAsync(
        NpgsqlDataSource database,
        KnownEvents known,
        KnownTexts ids,
        CancellationToken cancellationToken
    )
    {
        NpgsqlConnection? ofSlices = null;
        NpgsqlConnection? ofStrays = null;
        try
        {
            ofSlices = await OpenAsync(database, cancellationToken);
            await using NpgsqlCommand export = new("select pg_export_snapshot()", ofSlices);
            string snapshot = (string)(await export.ExecuteScalarAsync(cancellationToken))!;
            ofStrays = await OpenAsync(database, cancellationToken);
            // Both see the same events, whatever is written meanwhile.
            await using NpgsqlCommand import = new($"set transaction snapshot '{snapshot}'", ofStrays);
            await import.ExecuteNonQueryAsync(cancellationToken);
            return new EventHistory(ofSlices, ofStrays, known, ids, cancellationToken);
        }
        catch
        {
            await (ofStrays?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (ofSlices?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    /// <summary>Goes to the next event.</summary>
    /// <returns>False when there is none.</returns>
    public ValueTask<bool> MoveAsync(CancellationToken cancellationToken)
    {
        if (_current is null || !_current.TryAdvance())
        {
            return MoveOnAsync(cancellationToken);
        }

        Choose();
        return ValueTask.FromResult(true);
    }

    public async ValueTask DisposeAsync()
    {
        await _slices.DisposeAsync();
        await _strays.DisposeAsync();
        await _ofSlices.DisposeAsync();
        await _ofStrays.DisposeAsync();
    }

    private static async Task<NpgsqlConnection> OpenAsync(
        NpgsqlDataSource database,
        CancellationToken cancellationToken
    )
    {
        NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            // It ends with the connection's use.
            await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
            await using NpgsqlCommand sort = new("set local work_mem = '128MB'", connection);
            await sort.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async ValueTask<bool> MoveOnAsync(CancellationToken cancellationToken)
    {
        if (_current is null)
        {
            await _strays.AdvanceAsync(cancellationToken);
            await _slices.AdvanceAsync(cancellationToken);
        }
        else
        {
            await _current.AdvanceAsync(cancellationToken);
        }

        Choose();
        return _current!.Current is not null;
    }

    private void Choose() =>
        _current =
            _strays.Current is null ? _slices
            : _slices.Current is null ? _strays
            : KnownAtOf(_strays.Current) < KnownAtOf(_slices.Current) ? _strays
            : _slices;

    private DateTime KnownAtOf(BehaviorEvent e) => e.ReceivedAt < _begin ? DateTime.MinValue : e.ReceivedAt;
}
