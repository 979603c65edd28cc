using System.Collections.Concurrent;
using Fecom.Contracts;
using Fecom.Ingestion.Shared.ReadCsv;

namespace Fecom.Ingestion.Shared.FindFiles;

/// <summary>
/// Distinguishes exports of the Fecom tables from files of behaviour events. A header with every behaviour column decides; then the
/// name, so that a table's file whose header does not fit is refused as what it is meant to be; then a header that fits a table.
/// </summary>
internal sealed class FileKinds
{
    private readonly ConcurrentDictionary<string, (long Size, DateTime ModifiedAt, FecomTable? Table)> _known = new(
        StringComparer.Ordinal
    );

    /// <summary>The table that a file is an export of; null for behaviour events and for anything else.</summary>
    public FecomTable? TableOf(string path)
    {
        FileInfo file = FileSeen.At(path);
        string name = Path.GetFileName(path);
        if (!file.Exists)
        {
            return TableFileName.TableOf(name);
        }

        if (
            !_known.TryGetValue(path, out var known)
            || known.Size != file.Length
            || known.ModifiedAt != file.LastWriteTimeUtc
        )
        {
            if (Header(path) is not { } header)
            {
                // Not kept: permissions that let it be read change neither its size nor its time.
                return TableFileName.TableOf(name);
            }

            known = (file.Length, file.LastWriteTimeUtc, Detect(name, header));
            _known[path] = known;
        }

        return known.Table;
    }

    private static FecomTable? Detect(string name, List<string> header)
    {
        FecomTable? byName = TableFileName.TableOf(name);
        if (BehaviorHeader.Columns.All(header.Contains))
        {
            return null;
        }

        return byName
            ?? FecomTables.All.FirstOrDefault(table => table.Columns.All(column => header.Contains(column.Name)));
    }

    /// <summary>The header's names in lower case, none while the header is not whole; null when the file cannot be read.</summary>
    private static List<string>? Header(string path)
    {
        try
        {
            using CsvFile file = CsvFile.Open(path, mayGrow: true);
            return
                file.Reader.ReadHeader()
                && file.Reader.Terminated
                && CsvHeader.TryRead(file.Reader, out List<string> names, out _)
                ? names
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Loading the file reports why it cannot be read.
            return null;
        }
    }
}
