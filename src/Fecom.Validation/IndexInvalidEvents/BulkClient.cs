using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Fecom.Platform.Retries;
using Microsoft.Extensions.Options;
using Polly.Timeout;

namespace Fecom.Validation.IndexInvalidEvents;

/// <summary>A bulk request got no answer with an outcome for each item. It may have had an effect, and is safe to repeat.</summary>
/// <param name="message">What happened, without any secret.</param>
/// <param name="tooLarge">The request has too many bytes for the server.</param>
/// <param name="retryAfter">How long the server asks to wait.</param>
internal sealed class BulkFailedException(string message, bool tooLarge = false, TimeSpan? retryAfter = null)
    : Exception(message)
{
    public bool TooLarge => tooLarge;

    public TimeSpan? RetryAfter => retryAfter;
}

/// <summary>Elasticsearch's answer to a request.</summary>
/// <param name="Status">HTTP's status.</param>
/// <param name="Type">The type of its error, such as <c>index_closed_exception</c>; empty when it names none.</param>
/// <param name="Reason">Its error in words; empty when it took the request.</param>
/// <param name="Body">The answer.</param>
internal sealed record ElasticsearchAnswer(HttpStatusCode Status, string Type, string Reason, byte[] Body)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;
}

/// <summary>Calls Elasticsearch's bulk and index APIs, with the plain media types that every version and OpenSearch accept.</summary>
internal sealed class BulkClient(HttpClient http, IOptions<ElasticsearchOptions> options, IServiceProvider services)
{
    private const long LargestAnswer = 64 * 1024 * 1024;

    /// <summary>Sets a client's address, credentials and maximum answer size.</summary>
    public static void Configure(HttpClient http, ElasticsearchOptions to)
    {
        Uri url = new(to.Url!.TrimEnd('/') + "/");
        http.BaseAddress = new UriBuilder(url) { UserName = "", Password = "" }.Uri;
        http.MaxResponseContentBufferSize = LargestAnswer;
        http.DefaultRequestHeaders.Authorization = Authorization(to, url);
    }

    /// <summary>Sends lines of NDJSON and returns the outcome of each document, in their order.</summary>
    /// <exception cref="BulkFailedException">There is no answer with an outcome for each document.</exception>
    public async Task<IReadOnlyList<BulkItem>> SendAsync(
        IReadOnlyList<IndexedInvalidEvent> invalidEvents,
        CancellationToken cancellationToken
    )
    {
        byte[] body = new byte[invalidEvents.Sum(invalidEvent => invalidEvent.Lines.Length)];
        int at = 0;
        foreach (IndexedInvalidEvent invalidEvent in invalidEvents)
        {
            invalidEvent.Lines.CopyTo(body, at);
            at += invalidEvent.Lines.Length;
        }

        using ByteArrayContent content = new(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using HttpRequestMessage request = new(
            HttpMethod.Post,
            new Uri(
                "_bulk?filter_path=error,errors,items.*.status,items.*.error.type,items.*.error.reason",
                UriKind.Relative
            )
        )
        {
            Content = content,
        };
        (HttpResponseMessage answer, byte[] text) = await SendAsync(request, cancellationToken);
        using (answer)
        {
            try
            {
                return answer.IsSuccessStatusCode
                    ? BulkItem.Read(text, invalidEvents.Count)
                    : throw Refused(answer, text);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new BulkFailedException($"the answer is not the bulk API's: {e.Message}");
            }
        }
    }

    /// <summary>Sends a request of another kind.</summary>
    /// <exception cref="BulkFailedException">There is no answer, or a temporary one: the server is busy, fails, or refuses the credentials.</exception>
    public async Task<ElasticsearchAnswer> SendAsync(
        HttpMethod method,
        string path,
        string? json,
        CancellationToken cancellationToken
    )
    {
        using HttpRequestMessage request = new(method, new Uri(path, UriKind.Relative));
        if (json is not null)
        {
            // Without a charset: the form that every version and OpenSearch take.
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        (HttpResponseMessage answer, byte[] body) = await SendAsync(request, cancellationToken);
        using (answer)
        {
            (string type, string reason) = BulkItem.Error(body);
            return
                (int)answer.StatusCode >= 500
                || answer.StatusCode
                    is HttpStatusCode.Unauthorized
                        or HttpStatusCode.TooManyRequests
                        or HttpStatusCode.RequestTimeout
                ? throw Refused(answer, body)
                : new ElasticsearchAnswer(
                    answer.StatusCode,
                    type,
                    answer.IsSuccessStatusCode ? "" : Reason(answer, type, reason),
                    body
                );
        }
    }

    private async Task<(HttpResponseMessage Answer, byte[] Body)> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        HttpResponseMessage? answer = null;
        try
        {
            answer = await http.SendAsync(request, cancellationToken);
            return (answer, await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (Exception e)
            when (e is TimeoutRejectedException or OperationCanceledException
                && !cancellationToken.IsCancellationRequested
            )
        {
            answer?.Dispose();
            throw new BulkFailedException(
                $"no answer within {options.Value.TimeoutSeconds.ToString(CultureInfo.InvariantCulture)} s"
            );
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            answer?.Dispose();
            throw new BulkFailedException(Innermost(e));
        }
    }

    private BulkFailedException Refused(HttpResponseMessage answer, byte[] body)
    {
        (string type, string reason) = BulkItem.Error(body);
        return new BulkFailedException(
            $"it answers {Reason(answer, type, reason)}",
            answer.StatusCode == HttpStatusCode.RequestEntityTooLarge,
            ResilientHttp.RetryAfter(answer, services)
        );
    }

    /// <summary>The status with the server's own message. A 403 means a missing right only if the message says so: a full disk gives 403 too.</summary>
    private static string Reason(HttpResponseMessage answer, string type, string reason)
    {
        string message = reason.Length > 0 ? $": {reason}" : "";
        bool account =
            answer.StatusCode == HttpStatusCode.Unauthorized
            || (answer.StatusCode == HttpStatusCode.Forbidden && type is "" or "security_exception");
        return $"{(int)answer.StatusCode} {answer.ReasonPhrase}{message}{(account ? ": look at Elasticsearch:ApiKey, or Username and Password" : "")}";
    }

    /// <summary>The message of the innermost exception, where the outer one only refers to it.</summary>
    private static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            e = inner;
        }

        return e.Message;
    }

    private static AuthenticationHeaderValue? Authorization(ElasticsearchOptions to, Uri url)
    {
        if (!string.IsNullOrEmpty(to.ApiKey))
        {
            return new AuthenticationHeaderValue("ApiKey", to.ApiKey);
        }

        string user = string.IsNullOrEmpty(to.Username)
            ? Uri.UnescapeDataString(url.UserInfo)
            : $"{to.Username}:{to.Password}";
        return user.Length == 0
            ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user)));
    }
}
