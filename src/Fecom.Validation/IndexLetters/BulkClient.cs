using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.IndexLetters;

/// <summary>A bulk request was not answered item by item. It may have had an effect, and is safe to repeat.</summary>
/// <param name="message">What happened, without any secret.</param>
/// <param name="tooLarge">The request has too many bytes for the server.</param>
/// <param name="retryAfter">How long the server asks to wait.</param>
internal sealed class BulkFailedException(string message, bool tooLarge = false, TimeSpan? retryAfter = null) : Exception(message)
{
    public bool TooLarge => tooLarge;

    public TimeSpan? RetryAfter => retryAfter;
}

/// <summary>Elasticsearch's bulk API.</summary>
internal sealed class BulkClient : IDisposable
{
    private const long LargestAnswer = 64 * 1024 * 1024;

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public BulkClient(IOptions<ElasticsearchOptions> options, TimeProvider time)
    {
        ElasticsearchOptions to = options.Value;
        Uri url = new(to.Url!.TrimEnd('/') + "/");
        _time = time;
        _http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10), PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            BaseAddress = new UriBuilder(url) { UserName = "", Password = "" }.Uri,
            Timeout = TimeSpan.FromSeconds(to.TimeoutSeconds),
            MaxResponseContentBufferSize = LargestAnswer,
        };
        _http.DefaultRequestHeaders.Authorization = Authorization(to, url);
    }

    /// <summary>Sends lines of NDJSON and gives what became of each document, in their order.</summary>
    /// <exception cref="BulkFailedException">There is no such answer.</exception>
    public async Task<IReadOnlyList<BulkItem>> SendAsync(IReadOnlyList<IndexedLetter> letters, CancellationToken cancellationToken)
    {
        byte[] body = new byte[letters.Sum(letter => letter.Lines.Length)];
        int at = 0;
        foreach (IndexedLetter letter in letters)
        {
            letter.Lines.CopyTo(body, at);
            at += letter.Lines.Length;
        }

        using ByteArrayContent content = new(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        try
        {
            using HttpResponseMessage answer = await _http.PostAsync(
                new Uri("_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason", UriKind.Relative),
                content,
                cancellationToken
            );
            byte[] text = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            return answer.IsSuccessStatusCode ? BulkItem.Read(text, letters.Count) : throw Refused(answer);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BulkFailedException($"no answer within {_http.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new BulkFailedException(e.Message);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new BulkFailedException($"the answer is not the bulk API's: {e.Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    private BulkFailedException Refused(HttpResponseMessage answer)
    {
        string status = $"{(int)answer.StatusCode} {answer.ReasonPhrase}";
        string hint = answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? ": look at Elasticsearch:ApiKey, or Username and Password" : "";
        RetryConditionHeaderValue? after = answer.Headers.RetryAfter;
        return new BulkFailedException(
            $"it answers {status}{hint}",
            answer.StatusCode == HttpStatusCode.RequestEntityTooLarge,
            after?.Delta ?? after?.Date - _time.GetUtcNow()
        );
    }

    private static AuthenticationHeaderValue? Authorization(ElasticsearchOptions to, Uri url)
    {
        if (!string.IsNullOrEmpty(to.ApiKey))
        {
            return new AuthenticationHeaderValue("ApiKey", to.ApiKey);
        }

        string user = string.IsNullOrEmpty(to.Username) ? Uri.UnescapeDataString(url.UserInfo) : $"{to.Username}:{to.Password}";
        return user.Length == 0 ? null : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user)));
    }
}
