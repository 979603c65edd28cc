using Fecom.Contracts;

namespace Fecom.Warehouse.LoadChanges;

/// <summary>A Fecom table as a type: each table's endpoint has a consumer, and so a ledger, of its own.</summary>
internal interface IChangedTable
{
    static abstract FecomTable Table { get; }
}

internal sealed class ChangedCustomers : IChangedTable
{
    public static FecomTable Table => FecomTables.Customers;
}

internal sealed class ChangedGeolocations : IChangedTable
{
    public static FecomTable Table => FecomTables.Geolocations;
}

internal sealed class ChangedOrderItems : IChangedTable
{
    public static FecomTable Table => FecomTables.OrderItems;
}

internal sealed class ChangedOrderPayments : IChangedTable
{
    public static FecomTable Table => FecomTables.OrderPayments;
}

internal sealed class ChangedOrderReviews : IChangedTable
{
    public static FecomTable Table => FecomTables.OrderReviews;
}

internal sealed class ChangedOrders : IChangedTable
{
    public static FecomTable Table => FecomTables.Orders;
}

internal sealed class ChangedProducts : IChangedTable
{
    public static FecomTable Table => FecomTables.Products;
}

internal sealed class ChangedSellers : IChangedTable
{
    public static FecomTable Table => FecomTables.Sellers;
}
