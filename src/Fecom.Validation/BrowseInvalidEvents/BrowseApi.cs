using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Validation.BrowseInvalidEvents;

/// <summary>Shows the invalid events: <c>GET /invalid-events</c>.</summary>
internal static class BrowseApi
{
    private const int MaxSearchLength = 200;
    private const int MaxFieldLength = 64;
    private const string RuleMeaning = "Only events that failed this check, such as price_positive.";
    private const string SourceMeaning = "Only events of this source, as GET /api/v1/ingestion/sources names it.";

    public static void MapBrowse(this RouteGroupBuilder invalidEvents)
    {
        invalidEvents
            .MapGet("", ListAsync)
            .WithName("ListInvalidEvents")
            .WithSummary("Invalid events, newest first, with every error")
            .WithDescription(
                "By rule, source, field with an error, time of refusal, state (kept, resending, resent, returned), or text that "
                    + "stands in the original."
            );
        invalidEvents
            .MapGet("{id:long}", FindAsync)
            .WithName("GetInvalidEvent")
            .WithNewest("id", "1", NewestAsync)
            .WithSummary("An invalid event with its original bytes, and what has become of it since")
            .ProducesProblem(StatusCodes.Status404NotFound);
        invalidEvents
            .MapGet("counts", CountAsync)
            .WithName("CountInvalidEvents")
            .WithSummary("Counts of invalid events by rule, source or hour (UTC)")
            .WithDescription("Of an event with two errors each rule counts it. Times count by whole hours.");
    }

    private static async Task<string?> NewestAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        await services.GetRequiredService<InvalidEventTable>().FindNewestAsync(cancellationToken) is { } id
            ? id.ToString(CultureInfo.InvariantCulture)
            : null;

    private static async Task<Results<Ok<InvalidEventList>, ValidationProblem>> ListAsync(
        InvalidEventTable table,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken,
        [Description(RuleMeaning)] [MaxLength(InvalidEventQuery.MaxRuleLength)] string? rule = null,
        [Description(SourceMeaning)] [MaxLength(InvalidEventQuery.MaxSourceLength)] string? source = null,
        [Description("Only events with an error in this field; $ is the event as a whole.")]
        [MaxLength(MaxFieldLength)]
            string? field = null,
        [Description("Refused at this time or later, RFC 3339.")] DateTimeOffset? from = null,
        [Description("Refused before this time, RFC 3339.")] DateTimeOffset? to = null,
        [Description("What has become of them since.")]
        [AllowedValues(
            InvalidEventStates.Kept,
            InvalidEventStates.Resending,
            InvalidEventStates.Resent,
            InvalidEventStates.Returned
        )]
            string? state = null,
        [Description("Text that stands in the original.")] [MaxLength(MaxSearchLength)] string? search = null
    )
    {
        if (page.Problem is { } noPage)
        {
            return noPage;
        }

        InvalidEventQuery question = new();
        question.Require(
            state is null || InvalidEventStates.All.Contains(state, StringComparer.Ordinal),
            "state",
            $"One of {string.Join(", ", InvalidEventStates.All)}."
        );
        InvalidEventFilter filter = new(
            question.Rule(rule),
            question.Source(source),
            question.Text("field", field, MaxFieldLength),
            InvalidEventQuery.Time(from),
            InvalidEventQuery.Time(to),
            state,
            question.Text("search", search, MaxSearchLength)
        );
        if (question.Problem is { } problem)
        {
            return problem;
        }

        try
        {
            IReadOnlyList<InvalidEventSummary> found = await table.BrowseAsync(
                filter,
                page.Below,
                page.Wanted,
                cancellationToken
            );
            Page<InvalidEventSummary> shown = page.Of(found, invalidEvent => invalidEvent.Id);
            return TypedResults.Ok(new InvalidEventList(shown.Items, shown.Next));
        }
        catch (TimeoutException) when (search is not null)
        {
            question.Require(
                false,
                "search",
                $"Found too little within {InvalidEventTable.TimeoutSeconds} s. Say also from, to, source or rule."
            );
            return question.Problem!;
        }
    }

    private static async Task<Results<Ok<InvalidEventDetail>, ProblemHttpResult>> FindAsync(
        [Description("The invalid event's number.")] long id,
        InvalidEventTable table,
        CancellationToken cancellationToken
    ) =>
        await table.FindAsync(id, cancellationToken) is { } invalidEvent
            ? TypedResults.Ok(invalidEvent)
            : InvalidEventProblems.Unknown(id);

    private static async Task<Results<Ok<InvalidEventCounts>, ValidationProblem>> CountAsync(
        CountTable table,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken,
        [Description("What they are counted by.")] [AllowedValues("rule", "source", "hour")] string by = "rule",
        [Description(RuleMeaning)] [MaxLength(InvalidEventQuery.MaxRuleLength)] string? rule = null,
        [Description(SourceMeaning)] [MaxLength(InvalidEventQuery.MaxSourceLength)] string? source = null,
        [Description("Refused in the hour of this time or later, RFC 3339.")] DateTimeOffset? from = null,
        [Description("Refused before this time, its hour included, RFC 3339.")] DateTimeOffset? to = null
    )
    {
        if (page.Problem is { } noPage)
        {
            return noPage;
        }

        InvalidEventQuery question = new();
        question.Require(
            Enum.TryParse(by, ignoreCase: true, out CountBy key) && Enum.IsDefined(key),
            "by",
            "rule, source or hour."
        );
        CountFilter filter = new(
            question.Rule(rule),
            question.Source(source),
            InvalidEventQuery.Time(from),
            InvalidEventQuery.Time(to)
        );
        return question.Problem is { } problem
            ? problem
            : TypedResults.Ok(await table.CountAsync(key, filter, page, cancellationToken));
    }
}

/// <summary>What goes wrong with a single invalid event.</summary>
internal static class InvalidEventProblems
{
    public static ProblemHttpResult Unknown(long id) => ApiProblems.Unknown("invalid event", Missing(id));

    public static string Missing(long id) => $"There is no invalid event {id}; it may have been forgotten by its age.";
}
