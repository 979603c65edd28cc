using System.Diagnostics;
using System.Globalization;
using Fecom.Contracts;
using Fecom.Ingestion;
using Fecom.Ingestion.OrderTables.DetectChanges;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Platform;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Fecom.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fecom.Benchmarks.DetectChanges;

/// <summary>
/// Two exports of a table, the second with three rows in a thousand different: the first load, which sends every row, and the
/// second, which sends the difference. The baseline is a plain parse of the same file in the same run.
/// </summary>
internal static class CdcBenchmark
{
    private static readonly FecomTable Table = FecomTables.OrderReviews;

    public static async Task<int> RunAsync(BenchmarkRun run, int rows)
    {
        Console.WriteLine(
            $"cdc: {rows:N0} rows of {Table.Name}, {Environment.ProcessorCount} cores, PostgreSQL and embedded Kafka on this machine"
        );
        string data = RunFolder.Create("bench");
        try
        {
            await MeasureAsync(run, rows, data);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }

        run.Finish();
        return 0;
    }

    private static async Task MeasureAsync(BenchmarkRun run, int rows, string data)
    {
        ReviewExport.Write($"{data}/first.csv", rows, later: false);
        ReviewExport.Write($"{data}/second.csv", rows, later: true);
        await using PrivatePostgres postgres = await PrivatePostgres.StartAsync(durable: true);
        using IHost host = await StartAsync(data, await postgres.CreateDatabaseAsync());
        TableLoader loader = host.Services.GetRequiredService<TableLoader>();
        run.Report(
            "parse_rows_per_s",
            rows / Timed(() => Parse($"{data}/second.csv")),
            "rows/s, a plain parse of the second file: the limit"
        );

        GC.Collect();
        // Forgets the peak so far, so that what follows is the loads' own.
        await File.WriteAllTextAsync("/proc/self/clear_refs", "5");
        (double first, long created) = await LoadAsync(loader, $"{data}/first.csv");
        run.Report("first_load_rows_per_s", rows / first, $"rows/s, the first load, {created:N0} changes sent");
        (double second, long changes) = await LoadAsync(loader, $"{data}/second.csv");
        run.Report("rows_per_s", rows / second, $"rows/s, the second load, {changes:N0} changes sent");
        run.Report("rss_mib", PeakMemoryMib(), "MiB, peak resident memory during both loads (embedded Kafka included)");
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"  = {run["rows_per_s"] / run["parse_rows_per_s"]:P0} of the limit"
            )
        );
        await host.StopAsync();
    }

    private static async Task<IHost> StartAsync(string data, string database)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:Postgres"] = database,
                ["ConnectionStrings:Redis"] = "127.0.0.1:1",
                ["Paths:Data"] = data,
                ["Ingestion:Files:Enabled"] = "false",
            }
        );
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddStorage(builder.Configuration);
        builder.AddIngestion();
        builder.Services.AddMessaging(builder.Configuration);
        IHost host = builder.Build();
        await host.PrepareAsync();
        await host.StartAsync();
        return host;
    }

    private static async Task<(double Seconds, long Changes)> LoadAsync(TableLoader loader, string path)
    {
        long start = Stopwatch.GetTimestamp();
        TableOutcome outcome = await loader.LoadAsync(
            Table,
            FileSeen.Read(path, TimeProvider.System.GetUtcNow(), 0),
            CancellationToken.None
        );
        return outcome.Error is null
            ? (Stopwatch.GetElapsedTime(start).TotalSeconds, outcome.Changes)
            : throw new InvalidOperationException(outcome.Error);
    }

    private static void Parse(string path)
    {
        using CsvFile file = CsvFile.Open(path, mayGrow: false);
        file.Reader.ReadHeader();
        while (file.Reader.Read())
        {
            // The reader has found the record's fields and checked that it is UTF-8.
        }
    }

    private static double Timed(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double PeakMemoryMib()
    {
        string line = File.ReadLines("/proc/self/status")
            .First(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            / 1_024;
    }
}
