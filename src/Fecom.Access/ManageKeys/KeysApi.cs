using System.ComponentModel;
using System.Globalization;
using Fecom.Platform.Access;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fecom.Access.ManageKeys;

/// <summary>Keys of programs: <c>/api/v1/access/keys</c>.</summary>
internal static class KeysApi
{
    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder keys = routes.MapApi("access/keys", "Access", "access");
        keys.MapPost("", AddAsync)
            .WithName("CreateApiKey")
            .WithSummary("Makes an API key for a program; the answer is the only place where it can be read")
            .WithBodyExample("""{"name":"shop backend","scopes":["ingest","serve"]}""");
        keys.MapGet("", ListAsync).WithName("ListApiKeys").WithSummary("API keys, newest first, without their secrets");
        keys.MapDelete("{id:long}", RevokeAsync)
            .WithName("RevokeApiKey")
            .WithSummary("Revokes an API key: within 5 seconds it is refused by every host")
            .WithNewest("id", "1", NewestAsync)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<string?> NewestAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        await services.GetRequiredService<ApiKeyTable>().ListAsync(long.MaxValue, 1, cancellationToken) is [var key]
            ? key.Id.ToString(CultureInfo.InvariantCulture)
            : null;

    private static async Task<Results<Created<NewApiKey>, ValidationProblem>> AddAsync(
        ApiKeyRequest request,
        ApiKeyTable table,
        IOptions<AccessOptions> options,
        TimeProvider time,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (Mistake(request, options.Value, time) is { } mistake)
        {
            return ApiProblems.Invalid(mistake.Field, mistake.Message);
        }

        return
            await table.AddAsync(
                request.Name!,
                [.. request.Scopes!.Distinct(StringComparer.Ordinal)],
                [.. (request.Origins ?? []).Distinct(StringComparer.Ordinal)],
                request.ExpiresAt,
                ApiCaller.Of(http),
                cancellationToken
            )
                is { } made
            ? TypedResults.Created(
                ApiRoutes.Address("access", "keys"),
                new NewApiKey(made.Key, ApiKeyAnswer.Of(made.Row))
            )
            : ApiProblems.Invalid("name", $"{ApiKeyTable.MaxKeys} keys hold already: revoke some.");
    }

    private static (string Field, string Message)? Mistake(
        ApiKeyRequest request,
        AccessOptions options,
        TimeProvider time
    )
    {
        if (request.Name is not { Length: > 0 and <= 100 } || string.IsNullOrWhiteSpace(request.Name))
        {
            return ("name", "name is a text of 1 to 100 characters.");
        }

        if (request.Scopes is not { Count: > 0 } scopes || scopes.Any(scope => !AccessScopes.All.Contains(scope)))
        {
            return ("scopes", $"scopes has one or more of {string.Join(", ", AccessScopes.All)}.");
        }

        if (request.ExpiresAt <= time.GetUtcNow())
        {
            return ("expires_at", "expires_at is a time to come.");
        }

        if (request.Origins is not { Count: > 0 } origins)
        {
            return null;
        }

        return origins.FirstOrDefault(origin => !options.Origins.Contains(origin)) is { } unknown
                ? ("origins", $"'{unknown}' is not in the setting Access:Origins.")
            : scopes.Any(scope => scope != AccessScopes.Ingest)
                ? ("scopes", "A publishable key has the scope ingest alone: whoever looks at the page has it.")
            : null;
    }

    private static async Task<Results<Ok<ApiKeyList>, ValidationProblem>> ListAsync(
        ApiKeyTable table,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<ApiKeyRow> found = page.Of(
            await table.ListAsync(page.Below, page.Wanted, cancellationToken),
            key => key.Id
        );
        return TypedResults.Ok(new ApiKeyList([.. found.Items.Select(ApiKeyAnswer.Of)], found.Next));
    }

    private static async Task<Results<Ok<ApiKeyAnswer>, ProblemHttpResult>> RevokeAsync(
        [Description("The key's number.")] long id,
        ApiKeyTable table,
        CancellationToken cancellationToken
    ) =>
        await table.RevokeAsync(id, cancellationToken) is { } key
            ? TypedResults.Ok(ApiKeyAnswer.Of(key))
            : ApiProblems.Unknown("API key", $"There is no API key {id.ToString(CultureInfo.InvariantCulture)}.");
}
