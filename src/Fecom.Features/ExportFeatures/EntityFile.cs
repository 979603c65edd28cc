using System.Globalization;
using System.Text;
using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Features.ExportFeatures;

/// <summary>Entities and times, in the order of their times.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Numbers">Of each, its place in the file, from 1.</param>
internal sealed record EntityTable(EntityRow[] Rows, int[] Numbers);

/// <summary>
/// Reads a CSV file of entities and times: <c>event_time</c> and at least one of <c>user_id, user_session, product_id,
/// category_id, brand</c>. Other columns are passed over.
/// </summary>
internal static class EntityFile
{
    /// <summary>Rows that a file may have: all are in memory at once, some 300 bytes each.</summary>
    public const int MaxRows = 5_000_000;

    private const string Time = "event_time";
    private static readonly string[] Keys = ["user_id", "user_session", "product_id", "category_id", "brand"];

    /// <summary>Rows between two looks whether to go on.</summary>
    private const int Interval = 10_000;

    /// <exception cref="InvalidDataException">The file is not as it should be; the message names the file, the line and the fault.</exception>
    public static EntityTable Read(string path, CancellationToken cancellationToken)
    {
        using StreamReader text = new(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
        CsvRecords records = new(text);
        try
        {
            return Read(records, cancellationToken);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{path} is not CSV in UTF-8.", e);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}, line {records.Line}: {e.Message}.", e);
        }
    }

    private static EntityTable Read(CsvRecords records, CancellationToken cancellationToken)
    {
        List<string> fields = [];
        if (!records.TryRead(fields))
        {
            throw new InvalidDataException($"the file is empty; its first line names the columns {Expected}");
        }

        int width = fields.Count;
        int time = Place(fields, Time);
        int[] places = [.. Keys.Select(key => Place(fields, key))];
        if (time < 0 || Array.TrueForAll(places, place => place < 0))
        {
            throw new InvalidDataException($"the header is '{string.Join(',', fields)}'; it must name {Expected}");
        }

        // An id that comes in many rows is one text.
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        List<EntityRow> rows = [];
        while (records.TryRead(fields))
        {
            if (fields.Count != width)
            {
                throw new InvalidDataException($"{fields.Count} fields, where the header names {width} columns");
            }

            if (rows.Count == MaxRows)
            {
                throw new InvalidDataException(
                    string.Create(CultureInfo.InvariantCulture, $"more than {MaxRows:N0} rows; split the file")
                );
            }

            if (!EventTimes.TryParse(fields[time], out DateTime at))
            {
                throw new InvalidDataException($"'{fields[time]}': {EventTimes.Refusal}");
            }

            rows.Add(new EntityRow(KeysOf(fields, places, texts), at));
            if (rows.Count % Interval == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        return rows.Count > 0 ? Ordered(rows) : throw new InvalidDataException("there is no row below the header");
    }

    private static string Expected => $"{Time} and one or more of {string.Join(", ", Keys)}";

    private static int Place(List<string> header, string column)
    {
        int place = header.FindIndex(name => name.Trim() == column);
        return header.FindLastIndex(name => name.Trim() == column) == place
            ? place
            : throw new InvalidDataException($"the header names {column} twice");
    }

    private static EntityKeys KeysOf(List<string> fields, int[] places, Dictionary<string, string> texts)
    {
        string?[] keys = new string?[places.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            if (places[i] < 0 || fields[places[i]].Length == 0)
            {
                continue;
            }

            string key = fields[places[i]];
            // A brand is no id: it may have blanks and any length that an event's may have.
            if (Keys[i] != "brand" && !OpaqueId.IsValid(key))
            {
                throw new InvalidDataException($"{Keys[i]} '{key}' {OpaqueId.Expected}");
            }

            if (!texts.TryGetValue(key, out keys[i]))
            {
                texts.Add(key, keys[i] = key);
            }
        }

        return Array.TrueForAll(keys, key => key is null)
            ? throw new InvalidDataException($"the row names no entity: all of {string.Join(", ", Keys)} are empty")
            : new EntityKeys(keys[0], keys[1], keys[2], keys[3], keys[4]);
    }

    private static EntityTable Ordered(List<EntityRow> rows)
    {
        int[] order = [.. Enumerable.Range(0, rows.Count)];
        Array.Sort(order, (a, b) => (rows[a].At, a).CompareTo((rows[b].At, b)));
        return new EntityTable(
            Array.ConvertAll(order, place => rows[place]),
            Array.ConvertAll(order, place => place + 1)
        );
    }
}
