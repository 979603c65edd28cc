using System.Text.Json;

namespace Fecom.Monolith;

/// <summary>
/// Shows the progress of a host's start, for <c>./fecom up</c>: what it waits for, the files it loads, the first training. It ends
/// when the host is ready or the first models exist, and also when waiting longer is pointless: a file that
/// has only a header so far, or a shop without data to learn from.
/// </summary>
internal sealed class FollowStart(HttpClient http, TimeProvider time, StatusLine line)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.2);

    /// <summary>How long a load may make no progress, and how long a file may wait for its first row, before this stops waiting.</summary>
    private static readonly TimeSpan LoadStalls = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan HasNoRow = TimeSpan.FromSeconds(3);

    /// <summary>How long to wait for the first training: when rows were loaded to learn from, and when none were.</summary>
    private static readonly TimeSpan TrainingTakes = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan NothingToLearn = TimeSpan.FromSeconds(5);

    private long _started;

    /// <param name="trained">Whether to stay until the first models are there, not only until the host is ready.</param>
    /// <param name="elapsed">How long the start took before.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(bool trained, TimeSpan elapsed, CancellationToken cancellationToken)
    {
        _started = time.GetTimestamp();
        await UntilReadyAsync(elapsed, cancellationToken);
        if (trained)
        {
            await UntilTrainedAsync(cancellationToken);
        }
    }

    private async Task UntilReadyAsync(TimeSpan elapsed, CancellationToken cancellationToken)
    {
        while (true)
        {
            (bool ready, JsonElement health) = await GetAsync("/health/ready", cancellationToken);
            TimeSpan total = elapsed + time.GetElapsedTime(_started);
            if (ready)
            {
                line.End($"Ready after {total.TotalSeconds:0} s.");
                return;
            }

            string waits = StartReport.Unready(health);
            line.Show(
                waits.Length == 0
                    ? $"starting: {total.TotalSeconds:0} s"
                    : $"starting: {total.TotalSeconds:0} s, waiting for {waits}"
            );
            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    private async Task UntilTrainedAsync(CancellationToken cancellationToken)
    {
        long changed = time.GetTimestamp();
        string seen = "";
        bool followed = false;
        IReadOnlyList<JsonElement> files;
        IReadOnlyList<string> failures = [];
        while (true)
        {
            files = StartReport.Files((await GetAsync("/api/v1/ingestion/sources", cancellationToken)).Body);
            JsonElement health = (await GetAsync("/health/ready", cancellationToken)).Body;
            JsonElement[] busy = [.. files.Where(StartReport.IsBusy)];
            (string Status, string Description)? model = StartReport.Check(health, "model");
            string now =
                busy.Length > 0 ? StartReport.Loading(busy) : $"waiting for the first model: {model?.Description}";
            if (now != seen)
            {
                (seen, changed) = (now, time.GetTimestamp());
            }

            TimeSpan still = time.GetElapsedTime(changed);
            if (busy.Length > 0 && still < (busy.Any(StartReport.IsLoading) ? LoadStalls : HasNoRow))
            {
                followed = true;
            }
            else if (health.ValueKind == JsonValueKind.Object && !IsAwaited(model))
            {
                break;
            }
            else if (
                still > Interval
                && StartReport.Untrained((await GetAsync("/api/v1/runs", cancellationToken)).Body) is { } untrained
            )
            {
                // A shop that has orders alone has no carts to learn from.
                failures = untrained;
                break;
            }
            else if (still > (StartReport.RowsToLearnFrom(files) > 0 ? TrainingTakes : NothingToLearn))
            {
                break;
            }

            line.Show(now);
            await Task.Delay(Interval, time, cancellationToken);
        }

        line.End([.. followed ? files.Select(StartReport.Loaded).OfType<string>() : [], .. failures]);
    }

    /// <summary>A model that there is none of yet. One that is stale or refused says so in health and is no reason to wait.</summary>
    private static bool IsAwaited((string Status, string Description)? model) =>
        model is { Status: not "healthy", Description: { } says }
        && says.Contains("serves yet", StringComparison.Ordinal);

    /// <returns>Whether the host answered with success, and its body; nothing while it does not answer.</returns>
    private async Task<(bool Success, JsonElement Body)> GetAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
            using JsonDocument body = JsonDocument.Parse(await answer.Content.ReadAsStreamAsync(cancellationToken));
            return (answer.IsSuccessStatusCode, body.RootElement.Clone());
        }
        catch (Exception e)
            when (e is HttpRequestException or JsonException or IOException || IsTimeout(e, cancellationToken))
        {
            return (false, default);
        }
    }

    private static bool IsTimeout(Exception e, CancellationToken cancellationToken) =>
        e is OperationCanceledException && !cancellationToken.IsCancellationRequested;
}
