using System.Text;

namespace Fecom.UnitTests.Validation;

/// <summary>A slice of a real file, spoilt in the ways in which files are.</summary>
internal static class MangledFile
{
    private const int MaxRows = 60;

    /// <summary>A part of the file's rows below its header, mangled by a seed.</summary>
    public static byte[] Make(IReadOnlyList<string> lines, int seed)
    {
        Random random = new(seed);
        int from = 1 + random.Next(lines.Count - MaxRows);
        List<string> rows = [.. lines.Skip(from).Take(random.Next(1, MaxRows))];
        string header = lines[0];
        for (int times = random.Next(1, 5); times > 0; times--)
        {
            MangleRows(rows, random);
        }

        if (random.Next(4) == 0)
        {
            (header, rows) = MoveColumns(header, rows, random);
        }

        string text =
            string.Join(random.Next(4) == 0 ? "\r\n" : "\n", rows.Prepend(header)) + (random.Next(8) == 0 ? "" : "\n");
        return Bytes(text, header.Length + 1, random);
    }

    private static void MangleRows(List<string> rows, Random random)
    {
        int at = random.Next(rows.Count);
        string row = rows[at];
        string[] fields = row.Split(',');
        switch (random.Next(7))
        {
            case 0:
                rows[at] = row[..random.Next(row.Length + 1)];
                break;
            case 1:
                int field = random.Next(fields.Length);
                (fields[0], fields[field]) = (fields[field], fields[0]);
                rows[at] = string.Join(',', fields);
                break;
            case 2:
                fields[random.Next(fields.Length)] = new string((char)random.Next(32, 127), random.Next(70_000));
                rows[at] = string.Join(',', fields);
                break;
            case 3:
                rows.Insert(at, row);
                break;
            case 4:
                rows.Insert(at, random.Next(2) == 0 ? "" : "\0\0\0");
                break;
            case 5:
                fields[random.Next(fields.Length)] = random.Next(3) switch
                {
                    0 => "\"",
                    1 => "\"a\nb\"",
                    _ => "1e400",
                };
                rows[at] = string.Join(',', fields);
                break;
            default:
                fields[random.Next(fields.Length)] = "caf\u00e9 \ud83d\ude00";
                rows[at] = string.Join(',', fields);
                break;
        }
    }

    /// <summary>The columns in another order; now and then the header does not know of it.</summary>
    private static (string Header, List<string> Rows) MoveColumns(string header, List<string> rows, Random random)
    {
        int[] order = [.. Enumerable.Range(0, header.Split(',').Length)];
        random.Shuffle(order);
        return (random.Next(3) == 0 ? header : Move(header), rows.ConvertAll(Move));

        string Move(string row)
        {
            string[] fields = row.Split(',');
            return fields.Length == order.Length ? string.Join(',', order.Select(place => fields[place])) : row;
        }
    }

    private static byte[] Bytes(string text, int body, Random random)
    {
        byte[] bytes = random.Next(8) switch
        {
            0 => [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text)],
            1 => Encoding.Latin1.GetBytes(text),
            2 when random.Next(4) == 0 => [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(text)],
            _ => Encoding.UTF8.GetBytes(text),
        };
        for (int flips = random.Next(6); flips > 0 && body < bytes.Length; flips--)
        {
            bytes[random.Next(body, bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        return bytes;
    }
}
