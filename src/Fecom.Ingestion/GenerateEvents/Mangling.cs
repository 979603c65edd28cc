using System.Text;

namespace Fecom.Ingestion.GenerateEvents;

/// <summary>The ways in which a row can be invalid; each has the same share.</summary>
internal static class Mangling
{
    private const int Time = 0;
    private const int Type = 1;
    private const int ProductId = 2;
    private const int Brand = 5;
    private const int Price = 6;
    private const int UserId = 7;
    private const int Session = 8;

    private static readonly (int Column, string Text)[] Replacements =
    [
        (Time, "2025-13-45 99:00:00 UTC"),
        (Time, "2999-01-01 00:00:00 UTC"),
        (Type, "click"),
        (ProductId, string.Empty),
        (Price, "-1.00"),
        (Price, "0.00"),
        (Price, "on request"),
        (UserId, string.Empty),
        (Session, new string('s', 65)),
    ];

    public static byte[] Row(string[] row, ref Dice dice)
    {
        int kind = dice.Below(Replacements.Length + 3);
        if (kind < Replacements.Length)
        {
            (int column, string text) = Replacements[kind];
            row[column] = text;
            return Joined(row);
        }

        return kind switch
        {
            9 => Joined(row[..(2 + dice.Below(6))]),
            10 => Joined([.. row, "more"]),
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
