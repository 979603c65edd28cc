using System.Diagnostics;
using System.Globalization;

namespace Fecom.Benchmarks.Pipeline;

/// <summary>What a stage cost, microseconds of CPU and bytes an event.</summary>
/// <param name="EventsPerSecond">The rate.</param>
/// <param name="Cpu">CPU of the process that runs the stage: Kafka client, embedded broker and, in the stages of this process, the feed included.</param>
/// <param name="Client">Of it, librdkafka's threads: client and embedded broker.</param>
/// <param name="Brokers">CPU of the real broker; NaN where Kafka is embedded.</param>
/// <param name="Servers">CPU of PostgreSQL and Redis.</param>
/// <param name="Allocated">Managed bytes; NaN for another process.</param>
/// <param name="Paused">Share of the time that the collector held everything; NaN for another process.</param>
/// <param name="Idle">Share of the machine's CPU that nobody named here used.</param>
internal sealed record StageCosts(
    double EventsPerSecond,
    double Cpu,
    double Client,
    double Brokers,
    double Servers,
    double Allocated,
    double Paused,
    double Idle
);

/// <summary>Measures a stage from its making to <see cref="Stop"/>.</summary>
/// <param name="process">The process that runs the stage.</param>
/// <param name="brokers">Kafka brokers that run by themselves.</param>
/// <param name="servers">PostgreSQL and Redis, each with its children.</param>
internal sealed class StageMeter(int process, int[] brokers, params int[] servers)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly double _cpu = ProcessTimes.Cpu(process);
    private readonly double _client = ProcessTimes.Threads(process, "rdk:");
    private readonly double _brokers = brokers.Sum(ProcessTimes.Cpu);
    private readonly double _servers = servers.Sum(ProcessTimes.Tree);
    private readonly long _allocated = GC.GetTotalAllocatedBytes();
    private readonly TimeSpan _paused = GC.GetTotalPauseDuration();

    public StageCosts Stop(long events)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_start);
        bool here = process == Environment.ProcessId;
        double cpu = ProcessTimes.Cpu(process) - _cpu;
        double broker = brokers.Sum(ProcessTimes.Cpu) - _brokers;
        double server = servers.Sum(ProcessTimes.Tree) - _servers;
        return new StageCosts(
            events / elapsed.TotalSeconds,
            cpu / events,
            (ProcessTimes.Threads(process, "rdk:") - _client) / events,
            brokers.Length > 0 ? broker / events : double.NaN,
            server / events,
            here ? (double)(GC.GetTotalAllocatedBytes() - _allocated) / events : double.NaN,
            here ? (GC.GetTotalPauseDuration() - _paused) / elapsed : double.NaN,
            1 - ((cpu + broker + server) / (elapsed.TotalMicroseconds * Environment.ProcessorCount))
        );
    }
}

/// <summary>CPU times that Linux tells of processes, microseconds.</summary>
internal static class ProcessTimes
{
    /// <summary>Linux counts in hundredths of a second, whatever its clock.</summary>
    private const double MicrosecondsATick = 10_000;

    public static double Cpu(int process) => Of($"/proc/{process}/stat").Own;

    /// <summary>The threads that live now and whose names begin so.</summary>
    public static double Threads(int process, string name) =>
        Directory
            .GetDirectories($"/proc/{process}/task")
            .Select(task => Of($"{task}/stat"))
            .Where(times => times.Name.StartsWith(name, StringComparison.Ordinal))
            .Sum(times => times.Own);

    /// <summary>A process, its children that live, and those that it has seen end.</summary>
    public static double Tree(int process)
    {
        Times[] all =
        [
            .. Directory
                .GetDirectories("/proc")
                .Where(path => Path.GetFileName(path).All(char.IsAsciiDigit))
                .Select(path => Of($"{path}/stat")),
        ];
        return all.Where(times => times.Pid == process || times.Parent == process)
            .Sum(times => times.Own + times.Ended);
    }

    private static Times Of(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended since it was listed.
            return new Times(0, "", 0, 0, 0);
        }

        // The name stands in brackets and may hold anything.
        int from = text.IndexOf('(', StringComparison.Ordinal);
        int to = text.LastIndexOf(')');
        string[] rest = text[(to + 2)..].Split(' ');
        return new Times(
            int.Parse(text.AsSpan(0, from), CultureInfo.InvariantCulture),
            text[(from + 1)..to],
            int.Parse(rest[1], CultureInfo.InvariantCulture),
            Ticks(rest[11]) + Ticks(rest[12]),
            Ticks(rest[13]) + Ticks(rest[14])
        );
    }

    private static double Ticks(string text) => long.Parse(text, CultureInfo.InvariantCulture) * MicrosecondsATick;

    private sealed record Times(int Pid, string Name, int Parent, double Own, double Ended);
}
