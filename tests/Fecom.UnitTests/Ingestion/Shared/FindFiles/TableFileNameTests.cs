using System.Globalization;
using Fecom.Ingestion.Shared.FindFiles;
using Xunit;

namespace Fecom.UnitTests.Ingestion.Shared.FindFiles;

public sealed class TableFileNameTests
{
    [Theory]
    [InlineData("Fecom Inc Customer List.csv", "customers")]
    [InlineData("Fecom_Inc_Customer_List.csv", "customers")]
    [InlineData("FECOM-INC-CUSTOMER-LIST.CSV", "customers")]
    [InlineData("customers.csv.gz", "customers")]
    [InlineData("Fecom Inc Geolocations.csv", "geolocations")]
    [InlineData("geo_location_2024.csv", "geolocations")]
    [InlineData("Fecom Inc Order Items.csv", "order_items")]
    [InlineData("fecom_inc_order_items (1).csv", "order_items")]
    [InlineData("20241001-OrderItems.csv.gz", "order_items")]
    [InlineData("FecomIncOrderItems.csv", "order_items")]
    [InlineData("fecomincorderitems.csv", "order_items")]
    [InlineData("orders-items_export.csv", "order_items")]
    [InlineData("Fecom Inc Order Payments.csv", "order_payments")]
    [InlineData("payments.csv", "order_payments")]
    [InlineData("Fecom_Inc_Order_Reviews_No_Emojis.csv", "order_reviews")]
    [InlineData("Fecom Inc Orders.csv", "orders")]
    [InlineData("backup.2024-10-01.Fecom.Inc.Orders.v2.csv", "orders")]
    [InlineData("FecomIncOrders.csv", "orders")]
    [InlineData("Fecom Inc Products.csv", "products")]
    [InlineData("Fecom Inc Sellers List.csv", "sellers")]
    [InlineData("seller_list.csv", "sellers")]
    [InlineData("2019-Oct.csv", null)]
    [InlineData("sample.csv", null)]
    [InlineData("reordered.csv", null)]
    [InlineData("product_reviews_of_customers.csv", null)]
    [InlineData("fecom.csv", null)]
    [InlineData(".csv", null)]
    public void TableOf_KnowsNamesAsTheyVary(string name, string? table) =>
        Assert.Equal(table, TableFileName.TableOf(name)?.Name);

    [Theory]
    [InlineData("Fecom Inc Orders 2024-10-01.csv", "2024-10-01")]
    [InlineData("orders_20241001.csv.gz", "2024-10-01")]
    [InlineData("20241001T103000 orders.csv", "2024-10-01")]
    [InlineData("orders 01.10.2024.csv", "2024-10-01")]
    [InlineData("orders_2024_10.csv", "2024-10-01")]
    [InlineData("orders_99999999.csv", null)]
    [InlineData("orders 2 (17).csv", null)]
    [InlineData("Fecom Inc Orders.csv", null)]
    public void DateOf_FindsTheDate(string name, string? date) =>
        Assert.Equal(date, TableFileName.DateOf(name)?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
}
