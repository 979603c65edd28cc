namespace Fecom.Contracts;

/// <summary>A column of a Fecom table.</summary>
/// <param name="Header">Its name in the file, such as <c>Order_ID</c>; files write it in any case.</param>
/// <param name="IsNumber">Whether it holds numbers; in the files with a decimal point or a decimal comma.</param>
public sealed record FecomColumn(string Header, bool IsNumber)
{
    /// <summary>Its name in messages, such as <c>order_id</c>.</summary>
    public string Name { get; } = Header.ToLowerInvariant();
}

/// <summary>One of the eight tables that Fecom Inc exports as CSV.</summary>
/// <param name="Name">Its name in topics and sources, such as <c>order_items</c>.</param>
/// <param name="KeyColumns">How many of its columns, from the first on, name a row.</param>
/// <param name="Columns">Its columns in the order of the original files.</param>
public sealed record FecomTable(string Name, int KeyColumns, IReadOnlyList<FecomColumn> Columns);

/// <summary>The eight Fecom tables.</summary>
public static class FecomTables
{
    /// <summary>Who ordered: a customer of one order, and the subscriber that this is.</summary>
    public static FecomTable Customers { get; } =
        Table(
            "customers",
            1,
            "Customer_Trx_ID Subscriber_ID Subscribe_Date First_Order_Date Customer_Postal_Code Customer_City Customer_Country Customer_Country_Code #Age Gender"
        );

    /// <summary>Where a postal code lies.</summary>
    public static FecomTable Geolocations { get; } =
        Table("geolocations", 1, "Geo_Postal_Code #Geo_Lat #Geo_Lon Geolocation_City Geo_Country");

    /// <summary>What was ordered; numbered from 1 within its order.</summary>
    public static FecomTable OrderItems { get; } =
        Table(
            "order_items",
            2,
            "Order_ID #Order_Item_ID Product_ID Seller_ID Shipping_Limit_Date #Price #Freight_Value"
        );

    /// <summary>How an order was paid; numbered from 1 within its order.</summary>
    public static FecomTable OrderPayments { get; } =
        Table("order_payments", 2, "Order_ID #Payment_Sequential Payment_Type #Payment_Installments #Payment_Value");

    /// <summary>What a customer said of an order. One review may speak of several orders.</summary>
    public static FecomTable OrderReviews { get; } =
        Table(
            "order_reviews",
            2,
            "Review_ID Order_ID #Review_Score Review_Comment_Title_En Review_Comment_Message_En Review_Creation_Date Review_Answer_Timestamp"
        );

    /// <summary>The orders with their times.</summary>
    public static FecomTable Orders { get; } =
        Table(
            "orders",
            1,
            "Order_ID Customer_Trx_ID Order_Status Order_Purchase_Timestamp Order_Approved_At Order_Delivered_Carrier_Date Order_Delivered_Customer_Date Order_Estimated_Delivery_Date"
        );

    /// <summary>What is sold.</summary>
    public static FecomTable Products { get; } =
        Table(
            "products",
            1,
            "Product_ID Product_Category_Name #Product_Weight_Gr #Product_Length_Cm #Product_Height_Cm #Product_Width_Cm"
        );

    /// <summary>Who sells.</summary>
    public static FecomTable Sellers { get; } =
        Table("sellers", 1, "Seller_ID Seller_Name Seller_Postal_Code Seller_City Country_Code Seller_Country");

    /// <summary>Every table, in the order of the names.</summary>
    public static IReadOnlyList<FecomTable> All { get; } =
    [Customers, Geolocations, OrderItems, OrderPayments, OrderReviews, Orders, Products, Sellers];

    private static FecomTable Table(string name, int keyColumns, string columns) =>
        new(
            name,
            keyColumns,
            [.. columns.Split(' ').Select(column => new FecomColumn(column.TrimStart('#'), column[0] == '#'))]
        );
}
