using System.Globalization;
using Fecom.Contracts;
using Fecom.Features.StreamFeatures;
using Fecom.Learning.Views;
using Fecom.Platform;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Features.ExportFeatures;

/// <summary>
/// Writes the features that entities had at given times: one pass over the events of bronze in the order in which they became
/// known, through the steps of the stream.
/// </summary>
/// <remarks>
/// In memory are the rows of the file, the states that rows still need (<see cref="HistoricalFeatures"/>), and a group of
/// finished rows. PostgreSQL sorts the events, on its disk when they are many: some 200 bytes each.
/// </remarks>
internal sealed class FeatureExport(NpgsqlDataSource database, IOptions<ShopOptions> shop)
{
    private const int ReportInterval = 20_000;

    /// <summary>Exports.</summary>
    /// <param name="request">What.</param>
    /// <param name="report">Takes progress: for a person, and the share that is done.</param>
    /// <param name="cancellationToken">Gives up; no file is left then.</param>
    /// <exception cref="ArgumentException">The request cannot be met; the message says why.</exception>
    /// <exception cref="InvalidDataException">The file of entities is not as it should be; the message names line and fault.</exception>
    public async Task<ExportedFeatures> RunAsync(
        ExportRequest request,
        Action<string, double> report,
        CancellationToken cancellationToken
    )
    {
        ExportedViews views = ExportedViews.Parse(request.Views);
        string extension = Path.GetExtension(request.Output);
        if (extension is not (".csv" or ".parquet"))
        {
            throw new ArgumentException(
                $"The output is '{request.Output}'; its name must end in .csv or .parquet.",
                nameof(request)
            );
        }

        EntityTable table = await Task.Run(
            () => EntityFile.Read(request.Entities, cancellationToken),
            cancellationToken
        );
        IReadOnlyList<HistoricalColumn> columns = HistoricalFeatures.ColumnsOf(views.Stored, views.WithCart);
        // Beside the output, so that it becomes the output in one step.
        string unfinished = $"{request.Output}.part";
        try
        {
            long events;
            await using (
                IFeatureFile file =
                    extension == ".csv"
                        ? new CsvFeatureFile(unfinished, columns)
                        : await ParquetFeatureFile.CreateAsync(unfinished, columns, cancellationToken)
            )
            {
                events = await WriteAsync(file, table, views, request.AsOf, report, cancellationToken);
            }

            File.Move(unfinished, request.Output, overwrite: true);
            return new ExportedFeatures(table.Rows.Length, columns.Count, events);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>What was written, for a person.</summary>
    public static string Summary(ExportedFeatures written, ExportRequest request) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"Wrote {written.Rows:N0} rows of {written.Features} features to {request.Output}, from {written.Events:N0} events received by {request.AsOf:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}."
        );

    private async Task<long> WriteAsync(
        IFeatureFile file,
        EntityTable table,
        ExportedViews views,
        DateTime asOf,
        Action<string, double> report,
        CancellationToken cancellationToken
    )
    {
        int done = 0;
        HistoricalFeatures history = new(
            table.Rows,
            views.Stored,
            views.WithCart ? shop.Value.Zone : null,
            (row, values) =>
            {
                file.Add(table.Numbers[row], table.Rows[row], values);
                done++;
            }
        );
        report("PostgreSQL sorts the events", 0);
        long count = 0;
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (NpgsqlCommand sort = new("set local work_mem = '256MB'", connection))
        {
            await sort.ExecuteNonQueryAsync(cancellationToken);
        }

        await using NpgsqlBinaryExporter events = await connection.BeginBinaryExportAsync(
            BronzeEvents.CopyKnown(asOf, table.Rows[^1].At),
            cancellationToken
        );
        events.Timeout = Timeout.InfiniteTimeSpan;
        while (await events.StartRowAsync(cancellationToken) != -1)
        {
            BehaviorEvent e = await BronzeEvents.ReadAsync(events, cancellationToken);
            DateTime knownAt = HistoricalFeatures.KnownAt(e);
            await FinishAsync(history, file, knownAt, cancellationToken);
            history.Take(e, knownAt);
            if (++count % ReportInterval == 0)
            {
                report(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{done:N0} of {table.Rows.Length:N0} rows, {count:N0} events"
                    ),
                    done / (double)table.Rows.Length
                );
            }
        }

        await FinishAsync(history, file, DateTime.MaxValue, cancellationToken);
        await file.FlushAsync(cancellationToken);
        return count;
    }

    /// <summary>Writes the rows from before a moment, a group of them at a time.</summary>
    private static async ValueTask FinishAsync(
        HistoricalFeatures history,
        IFeatureFile file,
        DateTime before,
        CancellationToken cancellationToken
    )
    {
        while (!history.FinishBefore(before, file.Room))
        {
            await file.FlushAsync(cancellationToken);
        }

        if (file.Room == 0)
        {
            await file.FlushAsync(cancellationToken);
        }
    }
}
