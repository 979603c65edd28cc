using Fecom.Learning.Views;

namespace Fecom.Features.ExportFeatures;

/// <summary>Rows as CSV: what is missing is empty, a list of texts a JSON array, a time RFC 3339.</summary>
internal sealed class CsvFeatureFile : IFeatureFile
{
    private readonly FileStream _stream;
    private readonly CsvRows _rows = new();

    public CsvFeatureFile(string path, IReadOnlyList<HistoricalColumn> columns)
    {
        // A group of rows is written at once, so that nothing is gained by a buffer.
        _stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        string[] names = [.. EntityColumns.Moment, .. EntityColumns.Keys, .. columns.Select(column => column.Name)];
        for (int i = 0; i < names.Length; i++)
        {
            if (i > 0)
            {
                _rows.EndField();
            }

            _rows.Add(names[i]);
        }

        _rows.EndRow();
    }

    /// <summary>A value as the text of a field.</summary>
    public static string TextOf(in FeatureValue value) =>
        value.ToTexts() is { } texts ? CsvRows.ListOf(texts) : value.ToString();

    public async Task WriteAsync(FeatureGroup rows, CancellationToken cancellationToken)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            Add(rows.Numbers.Span[row], rows.Row(row), rows.Values(row));
        }

        await _stream.WriteAsync(_rows.Bytes, cancellationToken);
        _rows.Clear();
    }

    public Task CompleteAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private void Add(int number, in EntityRow row, ReadOnlySpan<FeatureValue> values)
    {
        _rows.Add(number);
        _rows.EndField();
        _rows.Add((FeatureValue)row.At);
        foreach (string? key in EntityColumns.Of(row.Keys))
        {
            _rows.EndField();
            _rows.Add(key);
        }

        foreach (ref readonly FeatureValue value in values)
        {
            _rows.EndField();
            _rows.Add(value);
        }

        _rows.EndRow();
    }
}
