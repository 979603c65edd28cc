using Fecom.Monolith;
using Fecom.Platform.Hosts;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Fecom.UnitTests.Monolith;

/// <summary>What holds for every call: parameters that it has, and how often it is made.</summary>
public sealed class CallRulesTests
{
    [Theory]
    [InlineData("cuont", "There is no parameter 'cuont'. Is it 'count'? This call takes count, category, exclude.")]
    [InlineData("Exlude", "There is no parameter 'Exlude'. Is it 'exclude'? This call takes count, category, exclude.")]
    [InlineData("colour_of_it", "There is no parameter 'colour_of_it'. This call takes count, category, exclude.")]
    public void The_nearest_parameter_is_offered(string name, string expected) =>
        Assert.Equal(expected, KnownParameters.Explain(name, ["count", "category", "exclude"]));

    [Theory]
    [InlineData("RateLimits:jbos", "5", "RateLimits:jbos limits nothing. There are address, jobs, key, runs.")]
    [InlineData("RateLimits:jobs", "many", "RateLimits:jobs is a whole number of calls a second, 1 or more.")]
    [InlineData("RateLimits:jobs", "0", "RateLimits:jobs is a whole number of calls a second, 1 or more.")]
    [InlineData("RateLimits:jobs", "5", null)]
    public void A_limit_that_limits_nothing_ends_the_start(string name, string value, string? expected)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { [name] = value })
            .Build();
        DefaultEndpointDataSource endpoints = new(
            new[] { "runs", "jobs" }.Select(scope => new Endpoint(
                null,
                new EndpointMetadataCollection(new ApiScope(scope, 1_000)),
                scope
            ))
        );

        Exception? failure = Record.Exception(() => RateLimits.Check(configuration, [endpoints]));

        Assert.Equal(expected, failure?.Message);
        Assert.True(failure is null or StartException);
    }
}
