using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Access.RecordChanges;

/// <summary>Who changed what: <c>/api/v1/audit</c>.</summary>
internal static class AuditApi
{
    public static void MapAudit(this IEndpointRouteBuilder routes) =>
        routes
            .MapApi("audit", "Access", "audit")
            .MapGet("", ListAsync)
            .WithName("ListChanges")
            .WithSummary("What people and programs changed, and who tried to sign in, newest first");

    private static async Task<Results<Ok<ChangeList>, ValidationProblem>> ListAsync(
        AuditLog log,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken,
        [MaxLength(200)]
        [Description("Only what this caller did: a name as the entries have it.")]
            string? caller = null
    )
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        Page<AuditRow> found = page.Of(
            await log.ListAsync(caller, page.Below, page.Wanted, cancellationToken),
            entry => entry.Id
        );
        return TypedResults.Ok(new ChangeList([.. found.Items.Select(ChangeAnswer.Of)], found.Next));
    }
}

/// <summary>A change, or an attempt to sign in.</summary>
/// <param name="Id">Its number.</param>
/// <param name="MadeAt">When the call came.</param>
/// <param name="Kind">Who called: a person, a program with a key, or somebody on the host's own machine while it has no sign-in.</param>
/// <param name="Caller">Their name.</param>
/// <param name="Address">Where the call came from.</param>
/// <param name="Call">The call's name, as the API's description has it.</param>
/// <param name="Path">Its address, with the ids in it.</param>
/// <param name="Details">What its body named, by field: ids, names, versions, the reason. What is secret or about a visitor is never among them.</param>
/// <param name="Location">The address of what it made or started; null where the answer named none.</param>
/// <param name="Status">What HTTP status it was answered with; null when its host ended before.</param>
/// <param name="TraceId">By which the host's log and traces have it.</param>
internal sealed record ChangeAnswer(
    long Id,
    DateTime MadeAt,
    [property: AllowedValues("person", "key", "publishable_key", "local", "unknown")] string Kind,
    string Caller,
    string Address,
    string Call,
    string Path,
    IReadOnlyDictionary<string, string> Details,
    string? Location,
    int? Status,
    string TraceId
)
{
    public static ChangeAnswer Of(AuditRow row) =>
        new(
            row.Id,
            row.At,
            row.Kind,
            row.Caller,
            row.Address,
            row.Call,
            row.Path,
            row.Details is null
                ? new Dictionary<string, string>()
                : JsonSerializer.Deserialize<Dictionary<string, string>>(row.Details)!,
            row.Location,
            row.Status,
            row.TraceId
        );
}

/// <summary>Changes.</summary>
/// <param name="Changes">The newest first.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
internal sealed record ChangeList(IReadOnlyList<ChangeAnswer> Changes, string? Next);
