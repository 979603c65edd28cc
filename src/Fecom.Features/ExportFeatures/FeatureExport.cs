using System.Globalization;
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
/// In memory are the rows of the file, the states that rows still need (<see cref="HistoricalFeatures"/>), some 8 MiB of events that are
/// read ahead, two groups of finished rows (4 MiB), and the row group of a Parquet file (some 30 MiB with all views). Three threads
/// work: one reads from PostgreSQL, one replays, one writes. PostgreSQL sorts the events of a day (<see cref="KnownEvents"/>), and those
/// that came on another day than they happened, on its disk when they are many: some 200 bytes each.
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
        await using GroupWriter groups = new(file, HistoricalFeatures.ColumnsOf(views.Stored, views.WithCart).Count);
        HistoricalFeatures history = new(
            table.Rows,
            views.Stored,
            views.WithCart ? shop.Value.Zone : null,
            (row, values) =>
            {
                groups.Filling.Add(table.Numbers[row], table.Rows[row], values);
                done++;
            }
        );
        report("PostgreSQL looks for events that came late", 0);
        long count = 0;
        await using EventHistory events = await EventHistory.OpenAsync(
            database,
            new KnownEvents(asOf, table.Rows[0].At, table.Rows[^1].At),
            IdsOf(table),
            cancellationToken
        );
        while (await events.MoveAsync(cancellationToken))
        {
            DateTime knownAt = events.KnownAt;
            if (!history.FinishBefore(knownAt, groups.Filling.Room))
            {
                await FinishAsync(history, groups, knownAt, cancellationToken);
            }

            history.Take(events.Current, knownAt);
            if (++count % ReportInterval == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                report(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{done:N0} of {table.Rows.Length:N0} rows, {count:N0} events"
                    ),
                    done / (double)table.Rows.Length
                );
            }
        }

        if (!history.FinishBefore(DateTime.MaxValue, groups.Filling.Room))
        {
            await FinishAsync(history, groups, DateTime.MaxValue, cancellationToken);
        }

        await groups.CompleteAsync(cancellationToken);
        return count;
    }

    /// <summary>The visitors and visits of the rows.</summary>
    private static KnownTexts IdsOf(EntityTable table)
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        foreach (EntityRow row in table.Rows)
        {
            if (row.Keys.UserId is { } user)
            {
                ids.Add(user);
            }

            if (row.Keys.UserSession is { } session)
            {
                ids.Add(session);
            }
        }

        return new KnownTexts(ids);
    }

    /// <summary>Finishes the rows from before a moment that the group at hand had no room for, a group of them at a time.</summary>
    private static async ValueTask FinishAsync(
        HistoricalFeatures history,
        GroupWriter groups,
        DateTime before,
        CancellationToken cancellationToken
    )
    {
        do
        {
            await groups.NextAsync(cancellationToken);
        } while (!history.FinishBefore(before, groups.Filling.Room));
    }

    /// <summary>Two groups of rows: one is filled while the other is written, on another thread.</summary>
    private sealed class GroupWriter(IFeatureFile file, int columns) : IAsyncDisposable
    {
        private FeatureGroup _written = new(columns);
        private Task _writing = Task.CompletedTask;

        public FeatureGroup Filling { get; private set; } = new(columns);

        /// <summary>Has the filled group written, and gives an empty one.</summary>
        public async Task NextAsync(CancellationToken cancellationToken)
        {
            await _writing;
            (_written, Filling) = (Filling, _written);
            Filling.Clear();
            FeatureGroup full = _written;
            _writing = Task.Run(() => file.WriteAsync(full, cancellationToken), cancellationToken);
        }

        public async Task CompleteAsync(CancellationToken cancellationToken)
        {
            await NextAsync(cancellationToken);
            await _writing;
            await file.CompleteAsync(cancellationToken);
        }

        /// <summary>The file is not written to any more; what fails then was cut off by another failure.</summary>
        public async ValueTask DisposeAsync() => await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
