using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Serialization;
using Fecom.Contracts;
using Fecom.Platform.Jobs;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Warehouse.DeleteUsers;

/// <summary>Asks for the deletion of a user, and follows it: <c>/api/v1/user-deletions</c>.</summary>
internal static class UserDeletionsApi
{
    public static void MapUserDeletions(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder deletions = routes.MapApi("user-deletions", "User deletions", "user_deletions");
        deletions
            .MapPost("", RequestAsync)
            .WithName("RequestUserDeletion")
            .WithSummary("Deletes a user from every store")
            .WithDescription(
                "What the user did up to now, and their orders of the Fecom tables, goes from bronze, silver, gold, the lake, the features, "
                    + "Redis, the logged predictions, the invalid events and the dead letters, and is not taken again should it come once more. "
                    + "The cloud warehouse gets the deletion with the next publication. What they do later is a new beginning. "
                    + "The header Location says where the deletion is followed."
            )
            .WithBodyExample("""{"user_id":"541312140"}""");
        deletions.MapGet("", ListAsync).WithName("ListUserDeletions").WithSummary("Deletions of users, newest first");
        deletions
            .MapGet("{id:long}", GetAsync)
            .WithName("GetUserDeletion")
            .WithSummary("How a deletion goes, and how many records it has deleted from each store")
            .WithNewest("id", "1", NewestAsync)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<string?> NewestAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        await services.GetRequiredService<UserDeletions>().ListAsync(long.MaxValue, 1, cancellationToken)
            is [var deletion]
            ? Text(deletion.Id)
            : null;

    private static async Task<Results<Accepted<UserDeletion>, ValidationProblem>> RequestAsync(
        UserDeletionRequest request,
        UserDeletions deletions,
        JobStarter jobs,
        CancellationToken cancellationToken
    )
    {
        if (request.UserId is not { } userId || !OpaqueId.IsValid(userId))
        {
            return ApiProblems.Invalid("user_id", $"user_id {OpaqueId.Expected}.");
        }

        UserDeletion deletion = await deletions.RequestAsync(userId, cancellationToken);
        await jobs.StartAsync(DeleteUsersJob.Name, onlyIfNeeded: true, cancellationToken);
        return TypedResults.Accepted(ApiRoutes.Address("user-deletions", Text(deletion.Id)), deletion);
    }

    private static async Task<Results<Ok<UserDeletion>, ProblemHttpResult>> GetAsync(
        [Description("The deletion's number.")] long id,
        UserDeletions deletions,
        CancellationToken cancellationToken
    ) =>
        await deletions.FindAsync(id, cancellationToken) is { } deletion
            ? TypedResults.Ok(deletion)
            : ApiProblems.Unknown("user deletion", $"There is no user deletion {Text(id)}.");

    private static async Task<Results<Ok<UserDeletionList>, ValidationProblem>> ListAsync(
        UserDeletions deletions,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<UserDeletion> shown = page.Of(
            await deletions.ListAsync(page.Below, page.Wanted, cancellationToken),
            deletion => deletion.Id
        );
        return TypedResults.Ok(new UserDeletionList(shown.Items, shown.Next));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Asks for the deletion of a user.</summary>
/// <param name="UserId">The user's id, as the events have it.</param>
internal sealed record UserDeletionRequest(
    [property: Required] [property: JsonConverter(typeof(OpaqueIdConverter))] string? UserId
);

/// <summary>Deletions of users.</summary>
/// <param name="UserDeletions">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record UserDeletionList(IReadOnlyList<UserDeletion> UserDeletions, string? Next);
