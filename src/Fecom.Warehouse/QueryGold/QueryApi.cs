using System.Globalization;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse.QueryGold;

/// <summary>The query box: <c>POST /api/v1/warehouse/query</c>.</summary>
internal static class QueryApi
{
    private const string Field = "sql";

    public static void MapQuery(this IEndpointRouteBuilder warehouse) =>
        warehouse
            .MapPost("query", RunAsync)
            .WithName("QueryGold")
            .WithSummary("Runs one query over gold and answers its rows; it can read nothing else and change nothing")
            .WithBodyExample(
                """
                {"sql":"select outcome, count(*) as lines, sum(price) as value from gold.fact_cart group by outcome order by lines desc","limit":100}
                """
            );

    private static async Task<Results<Ok<QueryAnswer>, ValidationProblem, ProblemHttpResult>> RunAsync(
        QueryBody body,
        GoldQuery query,
        QueryTurns turns,
        IOptions<QueryOptions> options,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (Problem(body, options.Value) is { } problem)
        {
            return problem;
        }

        using IDisposable? turn = turns.TryTake();
        if (turn is null)
        {
            http.Response.Headers.RetryAfter = options.Value.MaxSeconds.ToString(CultureInfo.InvariantCulture);
            return TypedResults.Problem(
                $"{options.Value.Concurrency} queries run already, which are as many as run at once (Warehouse:Query:Concurrency). Ask again when one has ended.",
                statusCode: StatusCodes.Status429TooManyRequests,
                title: "Too many queries"
            );
        }

        try
        {
            return TypedResults.Ok(
                await query.RunAsync(
                    body.Sql!,
                    Math.Min(body.Limit ?? int.MaxValue, options.Value.MaxRows),
                    cancellationToken
                )
            );
        }
        catch (QueryFaultException e)
        {
            return Refusal(e);
        }
        catch (QueryLoginException e)
        {
            return TypedResults.Problem(
                e.Message,
                statusCode: StatusCodes.Status503ServiceUnavailable,
                title: "No role for queries"
            );
        }
    }

    private static ValidationProblem? Problem(QueryBody body, QueryOptions options) =>
        string.IsNullOrWhiteSpace(body.Sql)
            ? ApiProblems.Invalid(Field, "A query, such as select count(*) from gold.fact_session.")
        : body.Sql.Length > options.MaxCharacters
            ? ApiProblems.Invalid(
                Field,
                $"At most {options.MaxCharacters} characters (Warehouse:Query:MaxCharacters); it has {body.Sql.Length}."
            )
        : body.Sql.Contains('\0', StringComparison.Ordinal)
            ? ApiProblems.Invalid(Field, "A query without the character U+0000.")
        : body.Limit is < 1 or > 100_000 ? ApiProblems.Invalid("limit", "A whole number from 1 to 100000.")
        : null;

    /// <summary>The words for a person, and the place for a program.</summary>
    private static ValidationProblem Refusal(QueryFaultException fault)
    {
        string place = fault.Place is { } at
            ? string.Create(CultureInfo.InvariantCulture, $" (line {at.Line}, column {at.Column})")
            : "";
        return TypedResults.ValidationProblem(
            new Dictionary<string, string[]>(StringComparer.Ordinal)
            {
                [Field] = [$"{fault.Message.TrimEnd('.')}{place}."],
            },
            detail: "The query was not answered.",
            extensions: new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["sql_state"] = fault.SqlState,
                ["position"] = fault.Place?.Position,
                ["line"] = fault.Place?.Line,
                ["column"] = fault.Place?.Column,
            }
        );
    }
}

/// <summary>Which queries run on this host.</summary>
internal sealed class QueryTurns(IOptions<QueryOptions> options) : IDisposable
{
    private readonly SemaphoreSlim _free = new(options.Value.Concurrency);

    /// <summary>A turn, which ends when it is disposed; null when as many queries run as may.</summary>
    public IDisposable? TryTake() => _free.Wait(TimeSpan.Zero) ? new Turn(_free) : null;

    public void Dispose() => _free.Dispose();

    private sealed class Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
