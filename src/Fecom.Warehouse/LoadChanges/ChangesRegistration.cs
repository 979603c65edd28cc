using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Warehouse.LoadChanges;

/// <summary>Registers an endpoint for each Fecom table's changes.</summary>
internal static class ChangesRegistration
{
    public static void AddTableChanges(this IServiceCollection services)
    {
        services.AddSingleton<ChangeMonths>();
        services.AddEndpoint<ChangedCustomers>();
        services.AddEndpoint<ChangedGeolocations>();
        services.AddEndpoint<ChangedOrderItems>();
        services.AddEndpoint<ChangedOrderPayments>();
        services.AddEndpoint<ChangedOrderReviews>();
        services.AddEndpoint<ChangedOrders>();
        services.AddEndpoint<ChangedProducts>();
        services.AddEndpoint<ChangedSellers>();
    }

    private static void AddEndpoint<TTable>(this IServiceCollection services)
        where TTable : IChangedTable =>
        services.AddTopicEndpoint<TableChange, LoadChangesConsumer<TTable>>(
            new()
            {
                Name = $"changes.{TTable.Table.Name}",
                Reader = "changes",
                Topic = Topics.TableChanges(TTable.Table.Name),
                Partitions = Topics.TableChangePartitions,
                BatchInterval = TimeSpan.FromMilliseconds(200),
            },
            new TableChangeFormat(TTable.Table),
            isSink: true
        );
}
