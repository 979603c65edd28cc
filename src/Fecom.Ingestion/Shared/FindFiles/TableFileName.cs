using System.Globalization;
using System.Text.RegularExpressions;
using Fecom.Contracts;

namespace Fecom.Ingestion.Shared.FindFiles;

/// <summary>Reads the name of a table's export as it varies in the wild: case, prefixes, dates, <c>_</c>, <c>-</c>, blanks or none.</summary>
internal static partial class TableFileName
{
    /// <summary>Names of two words are tried before single words: order items are not orders.</summary>
    private static readonly (string Words, FecomTable Table)[] Pairs =
    [
        ("order item", FecomTables.OrderItems),
        ("order payment", FecomTables.OrderPayments),
        ("order review", FecomTables.OrderReviews),
        ("geo location", FecomTables.Geolocations),
    ];

    private static readonly (string Word, FecomTable Table)[] Words =
    [
        ("customer", FecomTables.Customers),
        ("geolocation", FecomTables.Geolocations),
        ("payment", FecomTables.OrderPayments),
        ("review", FecomTables.OrderReviews),
        ("order", FecomTables.Orders),
        ("product", FecomTables.Products),
        ("seller", FecomTables.Sellers),
    ];

    /// <summary>The table that the file name contains; null when it contains none, or several.</summary>
    public static FecomTable? TableOf(string fileName)
    {
        string[] words = [.. Parts(fileName).Where(part => char.IsAsciiLetter(part[0])).Select(Singular)];
        string text = $" {string.Join(' ', words)} ";
        if (Array.Find(Pairs, pair => text.Contains($" {pair.Words} ", StringComparison.Ordinal)).Table is { } pair)
        {
            return pair;
        }

        FecomTable[] named = [.. Words.Where(word => words.Contains(word.Word)).Select(word => word.Table)];
        return named.Length == 1 ? named[0] : null;
    }

    /// <summary>The date in the name, such as <c>2024-10-01</c>, <c>20241001</c>, <c>01.10.2024</c> or <c>2024_10</c>; null when there is none.</summary>
    public static DateTime? DateOf(string fileName)
    {
        string digits = string.Join(' ', Parts(fileName).Select(part => char.IsAsciiDigit(part[0]) ? part : "-"));
        foreach (Match match in Dates().Matches(digits))
        {
            string[] forms = ["yyyyMMdd", "yyyy MM dd", "dd MM yyyy", "yyyy MM"];
            if (
                DateTime.TryParseExact(
                    match.Value,
                    forms,
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                    out DateTime date
                )
            )
            {
                return date;
            }
        }

        return null;
    }

    private static IEnumerable<string> Parts(string fileName) =>
        Part().Matches(Extension().Replace(fileName, "")).Select(match => match.Value.ToLowerInvariant());

    /// <summary>A word in the singular, and without the shop's name before it where no separator stands between.</summary>
    private static string Singular(string word)
    {
        string own = ShopName().Replace(word, "") is { Length: > 0 } rest ? rest : word;
        own = own.Replace("orders", "order", StringComparison.Ordinal);
        own = own.Length > 5 && own.StartsWith("order", StringComparison.Ordinal) ? "order " + own[5..] : own;
        return own.TrimEnd('s');
    }

    /// <summary>A run of digits, or a word: letters of one case, or a capital and small letters.</summary>
    [GeneratedRegex("[0-9]+|[A-Z]?[a-z]+|[A-Z]+(?![a-z])", RegexOptions.None, 1_000)]
    private static partial Regex Part();

    [GeneratedRegex(@"\.csv(\.gz)?$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Extension();

    [GeneratedRegex("^fecom(inc)?", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex ShopName();

    [GeneratedRegex(
        @"\b([0-9]{8}|[0-9]{4} [0-9]{2} [0-9]{2}|[0-9]{2} [0-9]{2} [0-9]{4}|[0-9]{4} [0-9]{2})\b",
        RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex Dates();
}
