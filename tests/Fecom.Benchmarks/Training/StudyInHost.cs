using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Benchmarks.Pipeline;
using Fecom.Learning.Purchase;
using Fecom.Testing;
using Npgsql;

namespace Fecom.Benchmarks.Training;

/// <summary>A study as people start it: asked for over HTTP, from the events of bronze, its trials jobs of a host with default settings.</summary>
internal static class StudyInHost
{
    /// <summary>A study that takes as long as this is not worth waiting for.</summary>
    private static readonly TimeSpan MaxTime = TimeSpan.FromMinutes(20);

    /// <summary>Runs one.</summary>
    /// <param name="run">Is told the figures.</param>
    /// <param name="rows">Rows before the newest fifth is kept back, of which each time split takes a part.</param>
    /// <param name="trials">Trials.</param>
    public static async Task RunAsync(BenchmarkRun run, int rows, int trials)
    {
        string data = RunFolder.Create("bench");
        await using PrivatePostgres postgres = await PrivatePostgres.StartAsync(durable: true);
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string connection = await postgres.CreateDatabaseAsync();
        Directory.CreateDirectory($"{data}/raw");
        await using (
            HostProcess host = await HostProcess.StartAsync(
                connection,
                redis.ConnectionString,
                data,
                ("Training__TrainAfterFirstLoad", "false")
            )
        )
        {
            await using NpgsqlDataSource database = NpgsqlDataSource.Create(connection);
            await FromBronze.FillAsync(database, (int)(rows / (1 - PurchaseDataSet.ValidationShare)));
            double hostBefore = ProcessTimes.Cpu(host.Pid);
            double postgresBefore = ProcessTimes.Tree(postgres.Pid);
            long start = Stopwatch.GetTimestamp();
            using HttpResponseMessage answer = await host.Http.PostAsJsonAsync("/api/v1/studies", new { trials });
            answer.EnsureSuccessStatusCode();
            JsonElement study = default;
            await Poll.UntilAsync(
                async () =>
                {
                    study = (await host.Http.GetFromJsonAsync<JsonElement>(answer.Headers.Location)).GetProperty(
                        "study"
                    );
                    return study.GetProperty("state").GetString() is "completed" or "failed";
                },
                MaxTime,
                $"the study did not end; the host says:\n{host.Output}"
            );
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (study.GetProperty("state").GetString() != "completed")
            {
                throw new InvalidOperationException($"The study failed: {study}");
            }

            run.Report(
                "host_study_rows",
                study.GetProperty("rows").GetInt64(),
                "    rows in the largest of its time splits"
            );
            run.Report("host_study_trials", study.GetProperty("trials_ended").GetInt32(), "    parameters tried");
            run.Report("host_study_s", seconds, "s   from the call to its end, at most 240", digits: 1);
            run.Report(
                "host_study_cpu_s",
                (ProcessTimes.Cpu(host.Pid) - hostBefore) / 1e6,
                "s   of processor in the host",
                digits: 1
            );
            run.Report(
                "host_study_pg_cpu_s",
                (ProcessTimes.Tree(postgres.Pid) - postgresBefore) / 1e6,
                "s   of processor in PostgreSQL",
                digits: 1
            );
        }

        Directory.Delete(data, recursive: true);
    }
}
