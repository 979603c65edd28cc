using System.Globalization;
using System.Text.Json;
using Fecom.Platform.Messaging;
using Polly.Timeout;

namespace Fecom.Platform.Services;

/// <summary>Posts news to an address of the shop's.</summary>
public static class Webhook
{
    /// <summary>The maximum number of bytes of an answer that is read.</summary>
    public const int MaxAnswer = 1024 * 1024;

    /// <summary>Posts a body as JSON. If the answer is lost, the caller posts it twice: it needs an id of its own.</summary>
    /// <param name="http">The client; its own limit on time ends a call.</param>
    /// <param name="url">Where.</param>
    /// <param name="body">What.</param>
    /// <param name="timeoutSeconds">The client's limit, for the message.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HttpRequestException">The webhook does not have it; the message says why.</exception>
    /// <exception cref="TimeoutException">The webhook did not answer in time.</exception>
    public static async Task PostAsync<T>(
        HttpClient http,
        string url,
        T body,
        double timeoutSeconds,
        CancellationToken cancellationToken
    )
    {
        using ByteArrayContent content = new(JsonSerializer.SerializeToUtf8Bytes(body, TopicJson.Options));
        content.Headers.ContentType = new("application/json");
        try
        {
            using HttpResponseMessage answer = await http.PostAsync(new Uri(url), content, cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                throw new HttpRequestException($"it answers {(int)answer.StatusCode}");
            }
        }
        catch (Exception e)
            when (e is TimeoutRejectedException or OperationCanceledException
                && !cancellationToken.IsCancellationRequested
            )
        {
            throw new TimeoutException(
                $"it does not answer within {timeoutSeconds.ToString(CultureInfo.InvariantCulture)} s",
                e
            );
        }
    }
}
