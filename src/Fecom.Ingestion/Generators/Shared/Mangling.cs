using System.Text;

namespace Fecom.Ingestion.Generators.Shared;

/// <summary>The ways in which a row can be invalid.</summary>
internal static class Mangling
{
    private const int Time = 0;
    private const int Type = 1;
    private const int ProductId = 2;
    private const int Brand = 5;
    private const int Price = 6;
    private const int UserId = 7;
    private const int Session = 8;

    private static readonly (string Kind, int Column, string Text)[] Replacements =
    [
        ("bad_time", Time, "2025-13-45 99:00:00 UTC"),
        ("future_time", Time, "2999-01-01 00:00:00 UTC"),
        ("unknown_type", Type, "click"),
        ("no_product", ProductId, string.Empty),
        ("negative_price", Price, "-1.00"),
        ("zero_price", Price, "0.00"),
        ("text_price", Price, "on request"),
        ("no_user", UserId, string.Empty),
        ("long_session", Session, new string('s', 65)),
    ];

    /// <summary>Their names, in the order of their numbers.</summary>
    public static readonly IReadOnlyList<string> Kinds =
    [
        .. Replacements.Select(replacement => replacement.Kind),
        "cut_row",
        "extra_column",
        "not_utf8",
    ];

    /// <summary>Makes a row invalid.</summary>
    /// <param name="row">The row's columns.</param>
    /// <param name="kind">Which way, from 0.</param>
    /// <param name="dice">Where to cut.</param>
    public static byte[] Row(string[] row, int kind, ref Dice dice)
    {
        if (kind < Replacements.Length)
        {
            (_, int column, string text) = Replacements[kind];
            row[column] = text;
            return Joined(row);
        }

        return Kinds[kind] switch
        {
            "cut_row" => Joined(row[..(2 + dice.Below(6))]),
            "extra_column" => Joined([.. row, "more"]),
            _ => NotUtf8(row),
        };
    }

    private static byte[] NotUtf8(string[] row)
    {
        row[Brand] = "caf\u00E9";
        return Encoding.Latin1.GetBytes(string.Join(',', row));
    }

    private static byte[] Joined(string[] row) => Encoding.UTF8.GetBytes(string.Join(',', row));
}
