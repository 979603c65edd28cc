using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Components.Authorization;

namespace Fecom.WebConsole.Requests;

/// <summary>
/// The one way in which pages get at anything: the API of this host. Each request carries the person of the page in
/// <see cref="Person"/>, for a handler of the client <see cref="ClientName"/> that says to the API who asks.
/// </summary>
internal sealed class FecomApi(IHttpClientFactory clients, SharedAnswers shared, AuthenticationStateProvider people)
{
    public const string ClientName = "fecom-api";
    public const string UserAgent = "Fecom.Console";

    /// <summary>Option of each request: who looks at the page.</summary>
    public static readonly HttpRequestOptionsKey<ClaimsPrincipal> Person = new("fecom.person");

    /// <summary>The API's JSON.</summary>
    public static JsonSerializerOptions Json { get; } =
        new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Reads; pages that are open at the same time share an answer that is not older than a second.</summary>
    /// <exception cref="ApiException">It was refused, or nobody answered.</exception>
    public Task<T> GetAsync<T>(string address, CancellationToken cancellationToken)
        where T : class => GetAsync<T>(address, SharedAnswers.Moving, cancellationToken);

    /// <summary>Reads what changes seldom: at most every 15 seconds, and after each change that was made here.</summary>
    /// <exception cref="ApiException">It was refused, or nobody answered.</exception>
    public Task<T> GetSettledAsync<T>(string address, CancellationToken cancellationToken)
        where T : class => GetAsync<T>(address, SharedAnswers.Settled, cancellationToken);

    /// <summary>Asks something by POST that changes nothing.</summary>
    /// <exception cref="ApiException">It was refused, or nobody answered.</exception>
    public async Task<T> AskAsync<T>(string address, object question, CancellationToken cancellationToken)
        where T : class
    {
        ClaimsPrincipal person = (await people.GetAuthenticationStateAsync()).User;
        using HttpRequestMessage request = Request(HttpMethod.Post, address, person);
        request.Content = JsonContent.Create(question, options: Json);
        return Read<T>(await AnswerAsync(request, cancellationToken));
    }

    /// <summary>Has something done.</summary>
    /// <exception cref="ApiException">It was refused, or nobody answered.</exception>
    public async Task<T> SendAsync<T>(
        HttpMethod method,
        string address,
        object? body,
        CancellationToken cancellationToken
    )
        where T : class
    {
        ClaimsPrincipal person = (await people.GetAuthenticationStateAsync()).User;
        using HttpRequestMessage request = Request(method, address, person);
        request.Content = body is null ? null : JsonContent.Create(body, options: Json);
        try
        {
            return Read<T>(await AnswerAsync(request, cancellationToken));
        }
        finally
        {
            // Also where it failed: an answer that did not come back may have been a change all the same.
            shared.Forget();
        }
    }

    /// <summary>Posts.</summary>
    /// <exception cref="ApiException">It was refused, or nobody answered.</exception>
    public Task<T> PostAsync<T>(string address, object? body, CancellationToken cancellationToken)
        where T : class => SendAsync<T>(HttpMethod.Post, address, body, cancellationToken);

    private async Task<T> GetAsync<T>(string address, TimeSpan age, CancellationToken cancellationToken)
        where T : class
    {
        ClaimsPrincipal person = (await people.GetAuthenticationStateAsync()).User;
        return await shared
            .GetAsync(
                (string.Join('\n', person.Claims), address),
                age,
                RepeatedReading.IsRunning,
                () => FetchAsync(address, person),
                Read<T>
            )
            .WaitAsync(cancellationToken);
    }

    private async Task<string> FetchAsync(string address, ClaimsPrincipal person)
    {
        using HttpRequestMessage request = Request(HttpMethod.Get, address, person);
        return await AnswerAsync(request, CancellationToken.None);
    }

    private async Task<string> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using HttpClient http = clients.CreateClient(ClientName);
            using HttpResponseMessage answer = await http.SendAsync(request, cancellationToken);
            string body = await answer.Content.ReadAsStringAsync(cancellationToken);
            // Health answers 503 with a body that is worth reading.
            bool isHealth = request.RequestUri!.OriginalString.StartsWith("/health/", StringComparison.Ordinal);
            return answer.IsSuccessStatusCode || (isHealth && answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                ? body
                : throw ApiException.Of(answer.StatusCode, body);
        }
        catch (HttpRequestException e)
        {
            throw new ApiException(e.Message, inner: e);
        }
        catch (TaskCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ApiException("The API took longer than 30 s.", inner: e);
        }
    }

    private static HttpRequestMessage Request(HttpMethod method, string address, ClaimsPrincipal person)
    {
        HttpRequestMessage request = new(method, new Uri(address, UriKind.Relative));
        request.Options.Set(Person, person);
        return request;
    }

    internal static T Read<T>(string body)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, Json)
                ?? throw new ApiException("The API answered with nothing.");
        }
        catch (JsonException e)
        {
            throw new ApiException($"The API's answer is not what this page reads: {e.Message}", inner: e);
        }
    }
}
