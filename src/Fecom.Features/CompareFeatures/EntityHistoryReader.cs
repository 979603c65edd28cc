using Fecom.Contracts;
using Fecom.Features.StreamFeatures;
using Fecom.Learning.Views;
using Npgsql;

namespace Fecom.Features.CompareFeatures;

/// <summary>What an entity's events give at a moment.</summary>
/// <param name="Values">In the order of the view's features.</param>
/// <param name="Events">How many events.</param>
/// <param name="EventTime">When the newest of them happened, UTC; null when there is none.</param>
internal sealed record EntityHistory(FeatureValue[] Values, int Events, DateTime? EventTime);

/// <summary>Works the features of one entity out from its events in bronze, through the steps and reads of an export. A host does so for one caller after the other.</summary>
internal sealed class EntityHistoryReader(NpgsqlDataSource database, int maxEvents = EntityHistoryReader.MaxEvents)
    : IDisposable
{
    /// <summary>Events of one entity: beyond that an export is the way.</summary>
    public const int MaxEvents = 200_000;

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Reads.</summary>
    /// <param name="view">The view.</param>
    /// <param name="entity">The entity.</param>
    /// <param name="at">The moment, UTC: what became known later is not seen.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when the entity has more events than are read.</returns>
    public async Task<EntityHistory?> ReadAsync(
        FeatureView view,
        string entity,
        DateTime at,
        CancellationToken cancellationToken
    )
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await ReadEventsAsync(view, entity, at, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<EntityHistory?> ReadEventsAsync(
        FeatureView view,
        string entity,
        DateTime at,
        CancellationToken cancellationToken
    )
    {
        FeatureValue[] values = [];
        HistoricalFeatures history = new(
            [new EntityRow(KeysOf(view, entity), at)],
            [view],
            cartZone: null,
            (_, read) => values = read.ToArray()
        );
        int count = 0;
        DateTime? newest = null;
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (NpgsqlBatch prepare = BronzeEvents.ChooseEntity(connection, entity))
        {
            await prepare.ExecuteNonQueryAsync(cancellationToken);
        }

        string copy = BronzeEvents.CopyEntity(view.Entity, at, maxEvents + 1);
        await foreach (BehaviorEvent[] part in BronzeEvents.ReadAsync(connection, copy, cancellationToken))
        {
            foreach (BehaviorEvent e in part)
            {
                if (++count > maxEvents)
                {
                    return null;
                }

                history.Take(e, HistoricalFeatures.KnownAt(e));
                newest = newest > e.EventTime ? newest : e.EventTime;
            }
        }

        history.Complete();
        return new EntityHistory(values, count, newest);
    }

    /// <summary>The shop's view has one entity, which no key names.</summary>
    private static EntityKeys KeysOf(FeatureView view, string entity) =>
        new(
            view.Entity == "user_id" ? entity : null,
            view.Entity == "user_session" ? entity : null,
            view.Entity == "product_id" ? entity : null,
            view.Entity == "category_id" ? entity : null,
            view.Entity == "brand" ? entity : null
        );
}
