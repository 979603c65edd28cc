using System.Diagnostics;
using System.Globalization;
using Fecom.Ingestion.EventFiles.Shared;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Testing;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>A behaviour file read on one core: the rows alone, and the rows as the messages that are sent.</summary>
internal static class FileParse
{
    public static async Task MeasureAsync(BenchmarkRun run)
    {
        string file = Path.Combine(Path.GetTempPath(), $"fecom-bench-{Guid.NewGuid():N}.csv");
        try
        {
            await HostProcess.RunToolAsync(
                "generate",
                "--events",
                run.Events.ToString(CultureInfo.InvariantCulture),
                "--seed",
                "1",
                "--out",
                file
            );
            run.Report(
                "parse_file_rows_per_s",
                Rate(run.Events, () => Rows(file)),
                "rows/s, a behaviour file's rows parsed on one core"
            );
            run.Report(
                "file_messages_per_s",
                Rate(run.Events, () => Messages(file)),
                "rows/s, the same made into messages of the raw topic, on one core"
            );
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static double Rate(int events, Func<int> read)
    {
        long start = Stopwatch.GetTimestamp();
        int rows = read();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return rows == events
            ? rows / seconds
            : throw new InvalidOperationException($"{rows:N0} of {events:N0} rows were read.");
    }

    private static int Rows(string path)
    {
        using BehaviorFile file = Open(path);
        int rows = 0;
        while (file.Reader.Read())
        {
            rows++;
        }

        return rows;
    }

    private static int Messages(string path)
    {
        using BehaviorFile file = Open(path);
        using RawEventWriter writer = new(file.Header!, "file:bench");
        CsvRecordReader row = file.Reader;
        int rows = 0;
        while (row.Read())
        {
            _ = writer.Write(row, DateTime.UnixEpoch);
            rows++;
        }

        return rows;
    }

    private static BehaviorFile Open(string path)
    {
        BehaviorFile file = BehaviorFile.Open(path, mayGrow: false);
        return file.TryReadHeader(out string? refusal) ? file : throw new InvalidOperationException(refusal);
    }
}
