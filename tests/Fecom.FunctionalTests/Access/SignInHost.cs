using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;

namespace Fecom.FunctionalTests.Access;

/// <summary>A host that asks who calls: with an administrator, an OpenID provider, and a shop's origin.</summary>
public sealed class SignInHost(Servers servers) : IAsyncLifetime
{
    public const string Admin = "root";
    public const string Password = "planted-admin-password";
    public const string Origin = "https://shop.example";

    private Shop? _shop;
    private OpenIdProvider? _provider;

    /// <summary>Folder of its log files.</summary>
    public string Logs => $"{_shop!.Data}/logs";

    internal Uri Address => _shop!.Http.BaseAddress!;

    /// <summary>A client of the host's that says not who it is.</summary>
    internal HttpClient Http => _shop!.Http;

    internal Shop Shop => _shop!;

    internal OpenIdProvider Provider => _provider!;

    public async ValueTask InitializeAsync()
    {
        _shop = await Shop.OpenAsync(servers);
        _provider = await OpenIdProvider.StartAsync();
        await _shop.StartHostAsync(Settings);
    }

    /// <summary>One more host that shares its settings and its database.</summary>
    internal Task<HostProcess> StartReplicaAsync() => _shop!.StartReplicaAsync(Settings);

    internal (string Name, string Value)[] Settings =>
        [
            ("Access__Admin__Name", Admin),
            ("Access__Admin__Password", Password),
            ("Access__OpenIdConnect__Authority", _provider!.Address.ToString().TrimEnd('/')),
            ("Access__OpenIdConnect__ClientId", OpenIdProvider.Client),
            ("Access__OpenIdConnect__ClientSecret", OpenIdProvider.Secret),
            ("Access__OpenIdConnect__Roles__shop-staff", "operator"),
            ("Access__Origins__0", Origin),
            ("RateLimits__address", "100000"),
            ("Logs__File", "true"),
            ("Paths__Logs", Logs),
            ("Logging__LogLevel__Default", "Debug"),
        ];

    /// <summary>A client with a jar of its own for cookies, which follows no redirects.</summary>
    internal HttpClient Browser(Uri? address = null) =>
        new(
            new HttpClientHandler
            {
                AllowAutoRedirect = false,
                UseCookies = true,
                CookieContainer = new CookieContainer(),
            }
        )
        {
            BaseAddress = address ?? Address,
        };

    /// <summary>A client that a person has signed in with.</summary>
    internal async Task<HttpClient> SignedInAsync(string name = Admin, string password = Password)
    {
        HttpClient browser = Browser();
        using HttpResponseMessage answer = await SignInAsync(browser, name, password);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        return browser;
    }

    internal static async Task<HttpResponseMessage> SignInAsync(HttpClient browser, string name, string password)
    {
        using FormUrlEncodedContent form = new([
            KeyValuePair.Create("name", name),
            KeyValuePair.Create("password", password),
        ]);
        return await browser.PostAsync("/signin", form, TestContext.Current.CancellationToken);
    }

    /// <summary>Makes a key.</summary>
    internal static async Task<(long Id, string Key)> KeyAsync(HttpClient admin, object request)
    {
        using HttpResponseMessage answer = await admin.PostAsJsonAsync(
            "/api/v1/access/keys",
            request,
            TestContext.Current.CancellationToken
        );
        JsonElement body = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, body.ToString());
        return (body.GetProperty("api_key").GetProperty("id").GetInt64(), body.GetProperty("key").GetString()!);
    }

    /// <summary>A program with a key.</summary>
    internal HttpClient Program(string key, Uri? address = null)
    {
        // Another place would be asked without the key.
        HttpClient program = new(new HttpClientHandler { AllowAutoRedirect = false })
        {
            BaseAddress = address ?? Address,
        };
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return program;
    }

    public async ValueTask DisposeAsync()
    {
        if (_shop is not null)
        {
            await _shop.DisposeAsync();
        }

        if (_provider is not null)
        {
            await _provider.DisposeAsync();
        }
    }
}
