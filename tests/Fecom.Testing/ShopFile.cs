using System.Globalization;
using Fecom.Contracts;

namespace Fecom.Testing;

/// <summary>The shop's CSV, read the slow way: no field is quoted and every row is well formed.</summary>
public static class ShopFile
{
    /// <summary>The file's valid rows as the events that they must become.</summary>
    /// <param name="path">The file.</param>
    /// <param name="source">The source's name, which the host gives it.</param>
    public static IEnumerable<BehaviorEvent> Read(string path, string source)
    {
        ulong hash = EventId.HashSource(source);
        int line = 1;
        foreach (string row in File.ReadLines(path).Skip(1))
        {
            line++;
            if (Parse(row.Split(','), source, hash, line) is { } e)
            {
                yield return e;
            }
        }
    }

    /// <summary>A row's event; null where it must be refused.</summary>
    /// <param name="row">Its fields.</param>
    /// <param name="source">The file's source name.</param>
    /// <param name="hash">The name's hash.</param>
    /// <param name="line">The row's line, from 2.</param>
    public static BehaviorEvent? Parse(string[] row, string source, ulong hash, int line)
    {
        if (
            row.Length != 9
            || !decimal.TryParse(row[6], NumberStyles.Number, CultureInfo.InvariantCulture, out decimal price)
            || price <= 0
            || !BehaviorEventTypes.TryParse(row[1], out BehaviorEventType type)
        )
        {
            return null;
        }

        DateTime time = DateTime.ParseExact(
            row[0],
            "yyyy-MM-dd HH:mm:ss 'UTC'",
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal
        );
        return new BehaviorEvent
        {
            EventId = EventId.At(hash, line),
            EventTime = time,
            EventType = type,
            ProductId = row[2],
            CategoryId = row[3].Length == 0 ? null : row[3],
            CategoryCode = row[4].Length == 0 ? null : row[4],
            Brand = row[5].Length == 0 ? null : row[5],
            Price = price,
            UserId = row[7],
            UserSession = row[8],
            Source = source,
            Position = line,
            ReceivedAt = time,
            ValidatedAt = time,
        };
    }
}
