using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fecom.Learning.Views;

namespace Fecom.Features.ExportFeatures;

/// <summary>Rows as CSV: what is missing is empty, a list of texts a JSON array, a time RFC 3339.</summary>
internal sealed class CsvFeatureFile : IFeatureFile
{
    private const int BufferSize = 1 << 20;
    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly FileStream _stream;
    private readonly StreamWriter _text;
    private readonly StringBuilder _rows = new();

    public CsvFeatureFile(string path, IReadOnlyList<HistoricalColumn> columns)
    {
        _stream = File.Create(path);
        _text = new StreamWriter(_stream, new UTF8Encoding(false), BufferSize);
        _rows
            .AppendJoin(',', [.. EntityColumns.Moment, .. EntityColumns.Keys, .. columns.Select(column => column.Name)])
            .Append('\n');
    }

    /// <summary>A value as a field of a row.</summary>
    public static string TextOf(in FeatureValue value) =>
        value.ToTexts() is { } texts ? JsonSerializer.Serialize(texts, Json) : value.ToString();

    public async Task WriteAsync(FeatureGroup rows, CancellationToken cancellationToken)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            Add(rows.Numbers.Span[row], rows.Row(row), rows.Values(row));
        }

        await _text.WriteAsync(_rows, cancellationToken);
        await _text.FlushAsync(cancellationToken);
        _rows.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await _text.DisposeAsync();
        await _stream.DisposeAsync();
    }

    private void Add(int number, in EntityRow row, ReadOnlySpan<FeatureValue> values)
    {
        _rows.Append(CultureInfo.InvariantCulture, $"{number},").Append(((FeatureValue)row.At).ToString());
        foreach (string? key in EntityColumns.Of(row.Keys))
        {
            AddField(key ?? "");
        }

        foreach (ref readonly FeatureValue value in values)
        {
            AddField(TextOf(value));
        }

        _rows.Append('\n');
    }

    private void AddField(string text)
    {
        _rows.Append(',');
        if (text.AsSpan().IndexOfAny(",\"\r\n") < 0)
        {
            _rows.Append(text);
            return;
        }

        _rows.Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }
}
