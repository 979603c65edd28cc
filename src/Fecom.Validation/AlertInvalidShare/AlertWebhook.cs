using System.Text.Json;
using Fecom.Platform.Retries;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.AlertInvalidShare;

/// <summary>Posts alerts to the webhook, in their order, retried with growing delays.</summary>
internal sealed partial class AlertWebhook
{
    private readonly AlertTable _table;
    private readonly AlertOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<AlertWebhook> _logger;
    private readonly HttpClient _http;
    private readonly RetryLoop _retry;

    public AlertWebhook(
        HttpClient http,
        AlertTable table,
        IOptions<AlertOptions> options,
        TimeProvider time,
        ILogger<AlertWebhook> logger
    )
    {
        (_table, _options, _time, _logger) = (table, options.Value, time, logger);
        _http = http;
        _http.MaxResponseContentBufferSize = Webhook.MaxAnswer;
        _retry = new RetryLoop(_options.WebhookWaits, time)
        {
            Helps = failure => failure is HttpRequestException or TimeoutException,
            Failed = (failure, _) =>
            {
                LogFailed(failure.Message);
                return ValueTask.CompletedTask;
            },
        };
    }

    /// <summary>Whether a webhook is configured.</summary>
    public bool Enabled => !string.IsNullOrEmpty(_options.WebhookUrl);

    private TimeSpan Interval => TimeSpan.FromSeconds(_options.CheckSeconds);

    /// <summary>Posts alerts as they come, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Interval, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            while (await _table.NextUnsentAsync(cancellationToken) is { } alert)
            {
                await _retry.RunAsync(token => PostAsync(alert, token), cancellationToken);
                await _table.ToldAsync(alert, cancellationToken);
            }
        }
    }

    /// <summary>Posts an alert. If the answer is lost, the alert is posted twice, with the same id.</summary>
    /// <exception cref="HttpRequestException">The webhook does not have it; the message says why.</exception>
    /// <exception cref="TimeoutException">The webhook did not answer in time.</exception>
    private Task PostAsync(ShareAlert alert, CancellationToken cancellationToken)
    {
        AlertBody body = new(
            alert.Id,
            "invalid_share",
            alert.Resolved ? "resolved" : "raised",
            alert.At,
            alert.Share,
            _options.Threshold,
            _options.WindowSeconds,
            alert.Invalid,
            alert.Events,
            JsonSerializer.Deserialize<Dictionary<string, long>>(alert.TopRules)!
        );
        return Webhook.PostAsync(_http, _options.WebhookUrl!, body, _options.WebhookTimeoutSeconds, cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "The alert's webhook did not take the news and is told again: {Reason}")]
    private partial void LogFailed(string reason);
}

/// <summary>The body that is posted to the webhook.</summary>
/// <param name="Id">The alert; its end has the same one.</param>
/// <param name="Alert">What kind: <c>invalid_share</c>.</param>
/// <param name="State"><c>raised</c> or <c>resolved</c>.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Share">The invalid share then, 0 to 1.</param>
/// <param name="Threshold">The share above which an alert is raised.</param>
/// <param name="WindowSeconds">Length of the window over which events were counted, in seconds.</param>
/// <param name="Invalid">Invalid events of the window when it was raised.</param>
/// <param name="Events">All events of that window.</param>
/// <param name="TopRules">The rules that were broken most in the hours of that window.</param>
internal sealed record AlertBody(
    long Id,
    string Alert,
    string State,
    DateTime At,
    double Share,
    double Threshold,
    int WindowSeconds,
    long Invalid,
    long Events,
    IReadOnlyDictionary<string, long> TopRules
);
