using Fecom.Access;
using Fecom.Access.GuardBrowsers;
using Fecom.Access.Listen;
using Fecom.Access.SignIn;
using Fecom.Platform.Access;
using Fecom.Platform.Hosts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Fecom.UnitTests.Access;

public sealed class AccessRulesTests
{
    [Theory]
    [InlineData("viewer", "read,serve")]
    [InlineData("operator", "ingest,serve,read,operate")]
    [InlineData("admin", "ingest,serve,read,operate,admin")]
    [InlineData("cleaner", "")]
    public void A_role_has_its_scopes(string role, string scopes) =>
        Assert.Equal(
            scopes.Split(',', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
            AccessScopes.All.Where(scope => AccessRoles.Has(role, scope)).Order(StringComparer.Ordinal)
        );

    [Theory]
    [InlineData("POST", "", "", false)]
    [InlineData("POST", "same-origin", "http://localhost:8080", false)]
    [InlineData("POST", "none", "", false)]
    [InlineData("POST", "cross-site", "http://localhost:8080", true)]
    [InlineData("DELETE", "same-site", "", true)]
    [InlineData("POST", "", "http://localhost:8080", false)]
    [InlineData("POST", "", "https://localhost:8080", false)]
    [InlineData("POST", "", "http://localhost:8081", true)]
    [InlineData("POST", "", "null", true)]
    [InlineData("GET", "cross-site", "https://elsewhere.example", false)]
    [InlineData("WEBSOCKET", "cross-site", "https://elsewhere.example", true)]
    [InlineData("WEBSOCKET", "", "http://localhost:8080", false)]
    public void A_foreign_page_may_look_and_change_nothing(string method, string site, string origin, bool refused)
    {
        HttpRequest request = new DefaultHttpContext().Request;
        request.Host = new HostString("localhost", 8080);
        request.Method = method == "WEBSOCKET" ? "GET" : method;
        if (method == "WEBSOCKET")
        {
            request.Headers.Upgrade = "websocket";
        }

        if (site.Length > 0)
        {
            request.Headers["Sec-Fetch-Site"] = site;
        }

        if (origin.Length > 0)
        {
            request.Headers.Origin = origin;
        }

        Assert.Equal(refused, OriginCheck.Refusal(request) is not null);
        request.Headers.Authorization = "Bearer fk_1_0";
        Assert.Null(OriginCheck.Refusal(request));
    }

    [Theory]
    [InlineData("urls", "http://localhost:8080", true)]
    [InlineData("urls", "http://127.0.0.1:0;http://[::1]:8080", true)]
    [InlineData("urls", "http://0.0.0.0:8080", false)]
    [InlineData("urls", "http://localhost:8080;http://*:8081", false)]
    [InlineData("urls", "http://+:80", false)]
    [InlineData("urls", "http://[::]:80", false)]
    [InlineData("urls", "http://192.0.2.1:80/base", false)]
    [InlineData("urls", "http://unix:/run/fecom.sock", false)]
    [InlineData("http_ports", "8080", false)]
    [InlineData("Kestrel:Endpoints:a:Url", "https://0.0.0.0:443", false)]
    [InlineData("Kestrel:Endpoints:a:Url", "http://localhost:80", true)]
    [InlineData("none", "", true)]
    public void A_host_that_others_reach_needs_sign_in(string setting, string value, bool isOwn)
    {
        IConfiguration settings = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create(setting, (string?)value)])
            .Build();
        AccessOptions signIn = new() { Admin = { Name = "root", Password = "twelve letters" } };

        ListenAddresses.Check(settings, signIn);
        if (isOwn)
        {
            ListenAddresses.Check(settings, new AccessOptions());
        }
        else
        {
            StartException refused = Assert.Throws<StartException>(() =>
                ListenAddresses.Check(settings, new AccessOptions())
            );
            Assert.Contains("Access__Admin__Name", refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/jobs?a=b", "/jobs?a=b")]
    [InlineData("https://elsewhere.example", "/")]
    [InlineData("//elsewhere.example", "/")]
    [InlineData("/\\elsewhere.example", "/")]
    [InlineData("/a\r\nb", "/")]
    [InlineData("", "/")]
    [InlineData(null, "/")]
    public void Signing_in_leads_to_a_page_of_this_host(string? wanted, string page) =>
        Assert.Equal(page, SignInApi.ReturnUrl(wanted));

    [Fact]
    public void The_strongest_role_that_a_provider_gives_holds()
    {
        OpenIdConnectOptions provider = new() { Roles = { ["shop-staff"] = "operator" } };

        Assert.Equal("operator", provider.RoleOf(["viewer", "Shop-Staff", "cleaners"]));
        Assert.Equal("admin", provider.RoleOf(["admin", "shop-staff"]));
        Assert.Null(provider.RoleOf(["cleaners"]));
    }

    [Theory]
    [InlineData("vi-VN,vi;q=0.9,en;q=0.8", "vi")]
    [InlineData("en-GB,en;q=0.9,vi;q=0.5", "en")]
    [InlineData("fr", "en")]
    [InlineData("", "en")]
    public void The_page_speaks_the_browsers_language(string accepted, string language) =>
        Assert.Equal(language, SignInTexts.For(accepted).Language);
}
