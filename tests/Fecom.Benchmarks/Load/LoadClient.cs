using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;

namespace Fecom.Benchmarks.Load;

/// <summary>Calls a host over kept connections, a thread each: one call after the other, or at the rate at which visitors come.</summary>
/// <param name="host">Its address.</param>
internal sealed class LoadClient(Uri host)
{
    private const int OpenConnections = 48;

    /// <summary>In an answer that names what stood in for the model.</summary>
    private static ReadOnlySpan<byte> Fallback => "\"fallback\":\""u8;

    /// <summary>So many connections, each of which sends its next call when it has the answer to the one before.</summary>
    public LoadFigures Closed(int connections, TimeSpan time, byte[][] calls) =>
        Run(connections, time, calls, perSecond: null);

    /// <summary>Calls that come at a rate, however long the answers take: one that finds all connections taken has waited since it was due.</summary>
    public LoadFigures Open(int perSecond, TimeSpan time, byte[][] calls) =>
        Run(OpenConnections, time, calls, perSecond);

    private LoadFigures Run(int connections, TimeSpan time, byte[][] calls, int? perSecond)
    {
        ConcurrentBag<List<double>> all = [];
        int next = -1;
        int refused = 0;
        int lesser = 0;
        Exception? fault = null;
        long start = Stopwatch.GetTimestamp();
        Thread[] threads = new Thread[connections];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(Call) { IsBackground = true };
            threads[i].Start();
        }

        Array.ForEach(threads, thread => thread.Join());
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (fault is not null)
        {
            throw new InvalidOperationException("A connection to the host failed.", fault);
        }

        return LoadFigures.Of([.. all.SelectMany(times => times)], refused, lesser, seconds);

        void Call()
        {
            List<double> times = [];
            try
            {
                using HttpConnection connection = new(host);
                while (Interlocked.Increment(ref next) is int number && Due(number) is { } from)
                {
                    int status = connection.Call(calls[number % calls.Length]);
                    times.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
                    if (status != 200)
                    {
                        Interlocked.Increment(ref refused);
                    }
                    else if (connection.Answer.IndexOf(Fallback) >= 0)
                    {
                        Interlocked.Increment(ref lesser);
                    }
                }
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                Interlocked.CompareExchange(ref fault, e, null);
            }

            all.Add(times);
        }

        // When the call is due; null when the time is over. A client that has slept too long counts from where it woke: that is its own fault.
        long? Due(int number)
        {
            if (perSecond is not { } rate)
            {
                return Stopwatch.GetElapsedTime(start) < time ? Stopwatch.GetTimestamp() : null;
            }

            double due = number / (double)rate;
            if (due >= time.TotalSeconds)
            {
                return null;
            }

            double wait = due - Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (wait <= 0)
            {
                return start + (long)(due * Stopwatch.Frequency);
            }

            Thread.Sleep(TimeSpan.FromSeconds(wait));
            return Stopwatch.GetTimestamp();
        }
    }
}

/// <summary>What came of a load.</summary>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="Median">Median time of an answer, milliseconds.</param>
/// <param name="P99">Time that one in a hundred takes longer than, milliseconds.</param>
/// <param name="Answers">All answers.</param>
/// <param name="Refused">Answers other than 200.</param>
/// <param name="Lesser">Answers in which something stood in for the model.</param>
internal sealed record LoadFigures(double PerSecond, double Median, double P99, int Answers, int Refused, int Lesser)
{
    public static LoadFigures Of(double[] times, int refused, int lesser, double seconds)
    {
        Array.Sort(times);
        return new LoadFigures(
            times.Length / seconds,
            times[times.Length / 2],
            times[(int)Math.Ceiling(times.Length * 0.99) - 1],
            times.Length,
            refused,
            lesser
        );
    }
}
