using System.Data;
using System.Globalization;
using System.Text;
using Npgsql;

namespace Fecom.Warehouse.QueryGold;

/// <summary>Reads the rows of the cursor <c>answer</c>, up to a number of rows and of bytes. A value that is too large is not read to its end.</summary>
internal sealed class QueryRows(NpgsqlConnection connection, int limit, int maxBytes)
{
    private readonly char[] _buffer = new char[4_096];
    private int _bytesLeft = maxBytes;

    /// <param name="elapsed">How long the query has taken so far.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<QueryAnswer> ReadAsync(Func<TimeSpan> elapsed, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand fetch = new(
            string.Create(CultureInfo.InvariantCulture, $"fetch forward {limit + 1} from answer"),
            connection
        )
        {
            // As text, so that every type of PostgreSQL can be read.
            AllResultTypesAreUnknown = true,
        };
        await using NpgsqlDataReader reader = await fetch.ExecuteReaderAsync(
            CommandBehavior.SequentialAccess,
            cancellationToken
        );
        QueryColumn[] columns =
        [
            .. Enumerable
                .Range(0, reader.FieldCount)
                .Select(i => new QueryColumn(reader.GetName(i), reader.GetDataTypeName(i))),
        ];
        string[] types = [.. Enumerable.Range(0, columns.Length).Select(i => reader.GetPostgresType(i).Name)];
        List<IReadOnlyList<object?>> rows = [];
        string? truncatedBy = null;
        while (truncatedBy is null && await reader.ReadAsync(cancellationToken))
        {
            if (rows.Count == limit)
            {
                truncatedBy = QueryAnswer.ByRows;
            }
            else if (await ReadRowAsync(reader, types, cancellationToken) is { } row)
            {
                rows.Add(row);
            }
            else
            {
                truncatedBy = QueryAnswer.ByBytes;
            }
        }

        if (truncatedBy == QueryAnswer.ByBytes)
        {
            // What PostgreSQL has yet to send is of no use.
            fetch.Cancel();
        }

        return new QueryAnswer(columns, rows, truncatedBy, Math.Round(elapsed().TotalSeconds, 3));
    }

    /// <returns>The row; null when it is larger than what is left.</returns>
    private async Task<object?[]?> ReadRowAsync(
        NpgsqlDataReader reader,
        string[] types,
        CancellationToken cancellationToken
    )
    {
        object?[] row = new object?[types.Length];
        for (int i = 0; i < row.Length; i++)
        {
            if (await reader.IsDBNullAsync(i, cancellationToken))
            {
                continue;
            }

            if (await ReadTextAsync(reader, i, cancellationToken) is not { } text)
            {
                return null;
            }

            _bytesLeft -= Encoding.UTF8.GetByteCount(text);
            row[i] = QueryValue.Of(types[i], text);
        }

        return _bytesLeft < 0 ? null : row;
    }

    private async Task<string?> ReadTextAsync(NpgsqlDataReader reader, int column, CancellationToken cancellationToken)
    {
        using TextReader value = await reader.GetTextReaderAsync(column, cancellationToken);
        int read = await value.ReadAsync(_buffer, cancellationToken);
        StringBuilder text = new();
        while (read > 0)
        {
            text.Append(_buffer, 0, read);
            if (text.Length > _bytesLeft)
            {
                return null;
            }

            read = await value.ReadAsync(_buffer, cancellationToken);
        }

        return text.ToString();
    }
}
