using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Xunit;

namespace Fecom.UnitTests.Platform.Requests;

public sealed class PathValuesTests
{
    /// <summary>The route value as the server gives it, the request line, and the id that was meant.</summary>
    [Theory]
    [InlineData("plain", "/api/products/plain/similar", "plain")]
    [InlineData("q%2F1", "/api/products/q%2F1/similar", "q/1")]
    [InlineData("q%2f1%2f", "/api/products/q%2f1%2F/similar?count=1&exclude=a%2Fb", "q/1/")]
    [InlineData("q%2F1", "/api/products/q%252F1/similar", "q%2F1")]
    [InlineData("ü %2F1", "/api/products/%C3%BC%20%2F1/similar/", "ü /1")]
    [InlineData("q%2F1", "http://shop.example:8080/api/products/q%2F1/similar", "q/1")]
    [InlineData("q%2F1", "/api/x/../products/q%2F1/similar", "q/1")]
    [InlineData("q%2F1", "", "q/1")]
    public void Decode_GivesTheIdThatWasMeant(string value, string target, string expected) =>
        Assert.Equal(expected, Decoded(value, target, pathBase: ""));

    [Fact]
    public void Decode_BehindAPathBase_LooksPastIt() =>
        Assert.Equal("q%2F1", Decoded("q%2F1", "/fecom/api/products/q%252F1/similar", pathBase: "/fecom"));

    private static object? Decoded(string value, string target, string pathBase)
    {
        DefaultHttpContext context = new();
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = target;
        context.Request.PathBase = pathBase;
        context.Request.RouteValues["id"] = value;
        context.SetEndpoint(
            new RouteEndpoint(
                _ => Task.CompletedTask,
                RoutePatternFactory.Parse("/api/products/{id}/similar"),
                0,
                null,
                null
            )
        );
        PathValues.Decode(context);
        return context.Request.RouteValues["id"];
    }
}
