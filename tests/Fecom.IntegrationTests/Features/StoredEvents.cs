using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Warehouse;
using Fecom.Warehouse.LoadBronze;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Fecom.IntegrationTests.Features;

/// <summary>Events in bronze without its stream.</summary>
internal static class StoredEvents
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Task MigrateAsync(NpgsqlDataSource database) =>
        new Migrator(
            database,
            [new("bronze", typeof(WarehouseModule).Assembly), new("platform", typeof(MessagingRegistration).Assembly)],
            NullLogger<Migrator>.Instance
        ).MigrateAsync(Cancelled);

    public static async Task WriteAsync(NpgsqlDataSource database, IEnumerable<BehaviorEvent> events)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(Cancelled);
        await using BinaryCopy copy = await BinaryCopy.BeginAsync(
            connection,
            $"copy bronze.event ({BronzeRows.Columns}) from stdin (format binary)",
            Cancelled
        );
        foreach (BehaviorEvent e in events)
        {
            BronzeRows.WriteRow(copy, e, batch: 1);
            if (copy.IsFull)
            {
                await copy.FlushAsync(Cancelled);
            }
        }

        await copy.CompleteAsync(Cancelled);
    }
}
