using System.Text;
using Fecom.Contracts;

namespace Fecom.Ingestion.Generators.GenerateTables;

/// <summary>Writes a table's export as Fecom Inc does: semicolons, a byte order mark, one of the last lines without its break.</summary>
internal sealed class TableCsv : IDisposable
{
    private const int BufferCharacters = 64 * 1024;

    private readonly StreamWriter _output;
    private readonly bool _breakAtEnd;
    private bool _first = true;

    /// <param name="path">The file.</param>
    /// <param name="table">What it is an export of.</param>
    /// <param name="breakAtEnd">Whether the last line ends in a line break; the exports of products and sellers do not.</param>
    public TableCsv(string path, FecomTable table, bool breakAtEnd = true)
    {
        _output = new StreamWriter(
            path,
            append: false,
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: true),
            BufferCharacters
        );
        _breakAtEnd = breakAtEnd;
        Write([.. table.Columns.Select(column => column.Header)]);
    }

    public void Write(params ReadOnlySpan<string> row)
    {
        if (!_first)
        {
            _output.Write('\n');
        }

        _first = false;
        for (int i = 0; i < row.Length; i++)
        {
            if (i > 0)
            {
                _output.Write(';');
            }

            _output.Write(
                row[i].AsSpan().ContainsAny(";\"\n")
                    ? $"\"{row[i].Replace("\"", "\"\"", StringComparison.Ordinal)}\""
                    : row[i]
            );
        }
    }

    public void Dispose()
    {
        if (_breakAtEnd)
        {
            _output.Write('\n');
        }

        _output.Dispose();
    }
}
