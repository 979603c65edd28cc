using Fecom.Platform.Hosts;
using Fecom.Platform.Retries;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TellPromotions;

/// <summary>Posts moves of aliases to the webhook, on one host at a time and in their order, retried with growing delays.</summary>
internal sealed partial class PromotionWebhook : SupervisedService
{
    /// <summary>The name of its HTTP client.</summary>
    public const string Client = "training.webhook";

    /// <summary>The advisory lock of the host that posts.</summary>
    private const long Lock = 0x6665_636f_6d50;

    private readonly HostLease _lease;
    private readonly UntoldMoves _moves;
    private readonly IHttpClientFactory _clients;
    private readonly TrainingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<PromotionWebhook> _logger;
    private readonly RetryLoop _retry;

    public PromotionWebhook(
        Supervision supervision,
        HostLease lease,
        UntoldMoves moves,
        IHttpClientFactory clients,
        IOptions<TrainingOptions> options,
        TimeProvider time,
        ILogger<PromotionWebhook> logger
    )
        : base(supervision, "the webhook of promotions")
    {
        (_lease, _moves, _clients, _options, _time, _logger) = (lease, moves, clients, options.Value, time, logger);
        _retry = new RetryLoop(_options.WebhookWaits, time)
        {
            Helps = failure => failure is HttpRequestException or TimeoutException,
            Failed = (failure, _) =>
            {
                LogFailed(failure.Message);
                Supervision.Report(Name, $"Training:WebhookUrl does not take what it is told: {failure.Message}");
                return ValueTask.CompletedTask;
            },
        };
    }

    protected override Task RunAsync(CancellationToken stoppingToken) =>
        _options.HasWebhook ? _lease.HoldAsync(Lock, Name, TellAsync, stoppingToken) : Task.CompletedTask;

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        using HttpClient http = _clients.CreateClient(Client);
        http.MaxResponseContentBufferSize = Webhook.MaxAnswer;
        using PeriodicTimer timer = new(_options.AnnounceInterval, _time);
        do
        {
            while (await _moves.NextAsync(cancellationToken) is { } move)
            {
                await _retry.RunAsync(token => PostAsync(http, move, token), cancellationToken);
                Supervision.Report(Name, null);
                await _moves.ToldAsync(move, cancellationToken);
            }
        } while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>Posts a move. If the answer is lost, it is posted twice, with the same id.</summary>
    /// <exception cref="HttpRequestException">The webhook does not have it; the message says why.</exception>
    /// <exception cref="TimeoutException">The webhook did not answer in time.</exception>
    private Task PostAsync(HttpClient http, AliasMoved move, CancellationToken cancellationToken) =>
        Webhook.PostAsync(http, _options.WebhookUrl!, move, _options.WebhookTimeoutSeconds, cancellationToken);

    [LoggerMessage(
        LogLevel.Warning,
        "The webhook of promotions (Training:WebhookUrl) did not take one and is told again: {Reason}"
    )]
    private partial void LogFailed(string reason);
}
