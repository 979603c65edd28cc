namespace Fecom.Warehouse.LoadChanges;

/// <summary>
/// Customers and orders of deleted users: nothing of them is taken any more, since a customer is of one order, and the order of the
/// past. In <see cref="Table"/> each is a hash of its name here.
/// </summary>
internal static class ForgottenRows
{
    public const string Table = "bronze.forgotten_row";

    /// <summary>For good.</summary>
    public static readonly DateTime Forever = new(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public static string Customer(string id) => $"customers/{id}";

    public static string Order(string id) => $"orders/{id}";
}
