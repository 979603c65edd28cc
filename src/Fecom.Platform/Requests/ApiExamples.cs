using Microsoft.AspNetCore.Builder;

namespace Fecom.Platform.Requests;

/// <summary>A body to try a call with, on the data of the sample.</summary>
/// <param name="Json">The body.</param>
public sealed record BodyExample(string Json);

/// <summary>A value to try a call with, for a parameter in its path or query.</summary>
/// <param name="Parameter">The parameter's name.</param>
/// <param name="Value">The value, unless <paramref name="Newest"/> finds a better one.</param>
/// <param name="Newest">Finds the number or name of the newest such thing, where it is not the same everywhere; null when there is none.</param>
public sealed record ParameterExample(
    string Parameter,
    string Value,
    Func<IServiceProvider, CancellationToken, Task<string?>>? Newest = null
);

/// <summary>Gives calls the examples with which the API's description lets people try them.</summary>
public static class ApiExamples
{
    /// <summary>A body to try the call with.</summary>
    public static TBuilder WithBodyExample<TBuilder>(this TBuilder call, string json)
        where TBuilder : IEndpointConventionBuilder => call.WithMetadata(new BodyExample(json));

    /// <summary>A value to try the call with.</summary>
    public static TBuilder WithExample<TBuilder>(this TBuilder call, string parameter, string value)
        where TBuilder : IEndpointConventionBuilder => call.WithMetadata(new ParameterExample(parameter, value));

    /// <summary>The newest such thing as the value to try the call with, or <paramref name="otherwise"/> while there is none.</summary>
    public static TBuilder WithNewest<TBuilder>(
        this TBuilder call,
        string parameter,
        string otherwise,
        Func<IServiceProvider, CancellationToken, Task<string?>> newest
    )
        where TBuilder : IEndpointConventionBuilder =>
        call.WithMetadata(new ParameterExample(parameter, otherwise, newest));
}
