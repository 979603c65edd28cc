using System.Diagnostics;
using System.Globalization;
using Fecom.Features.ExportFeatures;
using Fecom.Platform;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Benchmarks.OnlineFeatures;

/// <summary>What <c>./fecom features export</c> takes for rows of events that bronze has, all views and the cart view.</summary>
internal static class ExportStage
{
    public static async Task RunAsync(BenchmarkRun run, NpgsqlDataSource database, int rows)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fecom-bench-export-");
        try
        {
            string entities = Path.Combine(folder.FullName, "entities.csv");
            await WriteEntitiesAsync(database, rows, entities);
            FeatureExport export = new(database, Options.Create(new ShopOptions()));
            foreach (string form in (string[])["csv", "parquet"])
            {
                string file = Path.Combine(folder.FullName, $"features.{form}");
                ExportRequest request = new(entities, file, Views: null, DateTime.MaxValue.ToUniversalTime());
                long start = Stopwatch.GetTimestamp();
                ExportedFeatures written = await export.RunAsync(request, (_, _) => { }, CancellationToken.None);
                double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                run.Report(
                    $"export_{form}_s",
                    seconds,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"s   {written.Rows:N0} rows of {written.Features} features from {written.Events:N0} events to {form}, {new FileInfo(file).Length / 1_048_576.0:N0} MiB"
                    ),
                    digits: 2
                );
            }

            using Process own = Process.GetCurrentProcess();
            run.Report(
                "export_rss_mib",
                own.PeakWorkingSet64 / 1_048_576.0,
                "MiB, this process's peak resident memory"
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Rows at the moments of events, picked by chance.</summary>
    private static async Task WriteEntitiesAsync(NpgsqlDataSource database, int rows, string file)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync();
        await using NpgsqlCommand command = new(
            """
            select to_char(event_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), user_id, user_session, product_id
            from bronze.event order by md5(event_id::text) limit $1
            """,
            connection
        )
        {
            // Twenty million events take longer to sort than a command usually may.
            CommandTimeout = 0,
        };
        command.Parameters.Add(new() { Value = rows });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        await using StreamWriter text = new(file);
        await text.WriteLineAsync("event_time,user_id,user_session,product_id");
        while (await reader.ReadAsync())
        {
            await text.WriteLineAsync(string.Join(',', Enumerable.Range(0, 4).Select(reader.GetString)));
        }
    }
}
