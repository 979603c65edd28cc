using System.Diagnostics;
using System.Text.Json;
using Fecom.Platform.Access;
using Fecom.Platform.Failures;
using Fecom.Platform.Requests;
using Fecom.Platform.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Access.RecordChanges;

/// <summary>Who changed what, and when, in PostgreSQL.</summary>
internal sealed partial class AuditLog(NpgsqlDataSource database, ILogger<AuditLog> logger)
{
    private const int MaxText = 400;

    private const string Columns = """
        id as "Id", at as "At", kind as "Kind", caller as "Caller", address as "Address", call as "Call", path as "Path",
        details::text as "Details", location as "Location", status as "Status", trace_id as "TraceId"
        """;

    /// <summary>Writes a change down before it is made: what cannot be written down is not made.</summary>
    /// <returns>The entry's number.</returns>
    public Task<long> BeginAsync(
        HttpContext http,
        string call,
        IReadOnlyDictionary<string, string> details,
        CancellationToken cancellationToken
    ) =>
        AddAsync(
            http,
            http.User.Identity?.AuthenticationType ?? "unknown",
            ApiCaller.Of(http),
            call,
            details.Count == 0 ? null : JsonSerializer.Serialize(details),
            null,
            cancellationToken
        );

    /// <summary>Writes down what the call was answered. The change is made by now: should this fail, the entry stays without it.</summary>
    public async Task EndAsync(long id, int status, string? location)
    {
        try
        {
            await database.ExecuteAsync(
                "update access.audit set status = @status, location = @location where id = @id",
                new
                {
                    id,
                    status,
                    location = location is null ? null : Cut(location),
                },
                CancellationToken.None
            );
        }
        catch (NpgsqlException e)
        {
            LogUnfinished(id, status, FailureText.Of(e));
        }
    }

    /// <summary>Writes an attempt to sign in down.</summary>
    public Task SignInAsync(HttpContext http, string name, bool succeeded, CancellationToken cancellationToken) =>
        AddAsync(
            http,
            CallerShare.Person,
            name,
            "SignIn",
            null,
            succeeded ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized,
            cancellationToken
        );

    /// <summary>The newest below a number; where a caller is named, theirs.</summary>
    public Task<IReadOnlyList<AuditRow>> ListAsync(
        string? caller,
        long below,
        int count,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<AuditRow>(
            $"""
            select {Columns} from access.audit where id < @below and (@caller::text is null or caller = @caller)
            order by id desc limit @count
            """,
            new
            {
                caller,
                below,
                count,
            },
            cancellationToken
        );

    private Task<long> AddAsync(
        HttpContext http,
        string kind,
        string caller,
        string call,
        string? details,
        int? status,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<long>(
            """
            insert into access.audit (kind, caller, address, call, path, details, status, trace_id)
            values (@kind, @caller, @address, @call, @path, @details::jsonb, @status, @trace) returning id
            """,
            new
            {
                kind,
                caller = Cut(caller),
                address = http.Connection.RemoteIpAddress?.ToString() ?? "",
                call = Cut(call),
                path = Cut(http.Request.Path.Value ?? ""),
                details,
                status,
                trace = Activity.Current?.Id ?? http.TraceIdentifier,
            },
            cancellationToken
        );

    private static string Cut(string text) => (text.Length <= MaxText ? text : text[..MaxText]).Replace('\0', ' ');

    [LoggerMessage(
        LogLevel.Warning,
        "Entry {Id} of the audit log stays without its answer, which was {Status}: {Reason}"
    )]
    private partial void LogUnfinished(long id, int status, string reason);
}

/// <summary>A row of the log.</summary>
internal sealed record AuditRow
{
    public required long Id { get; init; }

    public required DateTime At { get; init; }

    public required string Kind { get; init; }

    public required string Caller { get; init; }

    public required string Address { get; init; }

    public required string Call { get; init; }

    public required string Path { get; init; }

    public string? Details { get; init; }

    public string? Location { get; init; }

    public int? Status { get; init; }

    public required string TraceId { get; init; }
}
