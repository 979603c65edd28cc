namespace Fecom.WebConsole.Requests;

/// <summary>What the call on the audit log answers.</summary>
internal static class AuditAnswers
{
    internal sealed record ChangeList(IReadOnlyList<Change> Changes, string? Next);

    internal sealed record Change(
        long Id,
        DateTime MadeAt,
        string Kind,
        string Caller,
        string Address,
        string Call,
        string Path,
        IReadOnlyDictionary<string, string> Details,
        string? Location,
        int? Status,
        string TraceId
    );
}
