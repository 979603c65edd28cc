using System.Globalization;

namespace Fecom.Ingestion.EventFiles.ReplayFile;

/// <summary>How a file's events are sent.</summary>
/// <param name="File">A file of behaviour events, plain or <c>.gz</c>.</param>
/// <param name="Url">The host.</param>
/// <param name="Rate">Events a second; null for the original time gaps.</param>
/// <param name="Speed">Divides the original gaps, above 0.</param>
/// <param name="FromLine">The line to begin at; lines before it are skipped.</param>
internal sealed record SendFileRequest(string File, Uri Url, double? Rate, double Speed, long FromLine);

/// <summary>Sends a file's events to a host as a shop would: <c>replay FILE --rate N|--speed X</c>.</summary>
internal sealed class SendFileCommand(HttpClient http, TimeProvider time, TextWriter news)
{
    private const int MaxEvents = 500;
    private static readonly TimeSpan NewsInterval = TimeSpan.FromSeconds(1);

    private long _start;
    private TimeSpan _nextNews;

    /// <returns>Whether the file was sent to its end and something of it was accepted; what was refused is reported, and is no failure.</returns>
    /// <exception cref="ArgumentException">An argument is out of its range, or the file is none of behaviour events.</exception>
    /// <exception cref="IOException">The file cannot be read, or no host takes the events.</exception>
    public async Task<bool> RunAsync(SendFileRequest request, CancellationToken cancellationToken)
    {
        Check(request);
        using EventFile file = EventFile.Open(request.File, new Pace(request.Rate, request.Speed), request.FromLine);
        EventCalls calls = new(http, time, news.WriteLine);
        _start = time.GetTimestamp();
        _nextNews = NewsInterval;
        List<DueEvent> call = [];
        long sentTo = request.FromLine - 1;
        try
        {
            foreach (DueEvent e in file.Read(time.GetUtcNow().UtcDateTime))
            {
                if (call.Count == MaxEvents || (call.Count > 0 && e.Due > Elapsed))
                {
                    await calls.SendAsync(call, cancellationToken);
                    sentTo = call[^1].Line;
                    call.Clear();
                }

                await WaitAsync(e.Due, calls, cancellationToken);
                call.Add(e);
            }

            if (call.Count > 0)
            {
                await calls.SendAsync(call, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            news.WriteLine($"Stopped after line {Math.Max(sentTo, 1)}: --from {Math.Max(sentTo, 1) + 1} goes on.");
            throw;
        }
        finally
        {
            Report(calls, null);
        }

        Explain(file, calls);
        if (file.Damage is null)
        {
            return calls.Accepted > 0;
        }

        news.WriteLine($"{request.File}: {file.Damage}");
        return false;
    }

    private TimeSpan Elapsed => time.GetElapsedTime(_start);

    private static void Check(SendFileRequest request)
    {
        if (request.Rate is { } rate && rate is not (> 0 and < double.PositiveInfinity))
        {
            throw WrongArgument.Of($"--rate is {rate}; it is events a second, above 0.");
        }

        if (request.Speed is not (> 0 and < double.PositiveInfinity))
        {
            throw WrongArgument.Of(
                $"--speed is {request.Speed}; it is above 0: 1 keeps the gaps of the past, 60 makes an hour a minute."
            );
        }

        if (request.FromLine < 1)
        {
            throw WrongArgument.Of($"--from is {request.FromLine}; lines are counted from 1.");
        }
    }

    private async Task WaitAsync(TimeSpan due, EventCalls calls, CancellationToken cancellationToken)
    {
        while (due > Elapsed)
        {
            TimeSpan left = due - Elapsed;
            await Task.Delay(left < NewsInterval ? left : NewsInterval, time, cancellationToken);
            Report(calls, due);
        }

        Report(calls, due);
    }

    /// <summary>A line a second, and one at the end.</summary>
    private void Report(EventCalls calls, TimeSpan? due)
    {
        TimeSpan elapsed = Elapsed;
        if (due is not null && elapsed < _nextNews)
        {
            return;
        }

        _nextNews = elapsed + NewsInterval;
        string behind =
            due is { } then && elapsed - then > NewsInterval ? $", {(elapsed - then).TotalSeconds:0.0} s behind" : "";
        news.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{calls.Accepted:N0} events sent in {elapsed.TotalSeconds:0.0} s, {calls.Accepted / Math.Max(0.001, elapsed.TotalSeconds):N0}/s{behind}"
            )
        );
    }

    private void Explain(EventFile file, EventCalls calls)
    {
        if (file.Malformed > 0)
        {
            news.WriteLine($"{file.Malformed} lines are no events and were passed over; {file.FirstMalformed}");
        }

        if (calls.Rejected > 0)
        {
            news.WriteLine($"{calls.Rejected} events were rejected and are not kept; {calls.FirstRejected}");
        }

        news.WriteLine(
            calls.Accepted > 0
                ? $"Accepted events that fail a later check are kept: {new Uri(http.BaseAddress!, "/api/v1/invalid-events")}"
                : "No event was accepted."
        );
    }
}
