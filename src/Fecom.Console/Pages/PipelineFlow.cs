using Fecom.WebConsole.Charts;
using Fecom.WebConsole.Language;
using Fecom.WebConsole.Requests;

namespace Fecom.WebConsole.Pages;

/// <summary>The way of the events as a picture, with what moves on each arm and what waits at its end.</summary>
internal sealed class PipelineFlow(
    PipelineAnswers.Pipeline pipeline,
    IReadOnlyList<PipelineAnswers.Source> sources,
    Locale locale
)
{
    public IReadOnlyList<FlowNode> Nodes =>
        [
            Source("files", 0, "flow.files", source => source.Kind is "file"),
            Source("api", 1, "flow.api", source => source.Kind is "api"),
            Source("tables", 2, "flow.tables", source => source.Kind is "table" or "purchases"),
            Source("capture", 3, "flow.capture", source => source.Kind is "postgres" or "debezium"),
            Topic("raw", 1, 0.5, "flow.raw", "tracking.raw_user_behavior"),
            Topic("captured", 1, 3, "flow.captured", "tracking_postgres_cdc.public.events"),
            Topic("changes", 1, 2, "flow.changes", "fecom.cdc.orders"),
            Topic("validated", 2, 0.5, "flow.validated", "tracking.user_behavior.validated"),
            Topic("invalid", 2, 3, "flow.invalid", "tracking.user_behavior.invalid"),
            Endpoint("features", 3, 0, "flow.features", "features"),
            Endpoint("bronze", 3, 1, "flow.bronze", "bronze"),
            Endpoint("silver", 3, 2, "flow.history", "changes.orders"),
            Endpoint("kept", 3, 3, "flow.kept", "invalid-events"),
        ];

    public IReadOnlyList<FlowArm> Arms =>
        [
            Sent("files", "raw", source => source.Kind is "file"),
            Sent("api", "raw", source => source.Kind is "api"),
            Sent("tables", "changes", source => source.Kind is "table" or "purchases"),
            Sent("capture", "captured", source => source.Kind is "postgres" or "debezium"),
            Read("raw", "validated", "validation"),
            Read("captured", "validated", "validation-of-changes"),
            Read("raw", "invalid", "invalid-events"),
            Read("validated", "features", "features"),
            Read("validated", "bronze", "bronze"),
            Read("changes", "silver", Changes),
            Read("invalid", "kept", "invalid-events"),
        ];

    private static string[] Changes => ["changes."];

    private FlowNode Source(string id, int row, string key, Func<PipelineAnswers.Source, bool> isOne)
    {
        PipelineAnswers.Source[] of = [.. sources.Where(isOne)];
        string kind =
            Array.Exists(of, source => source.State is "failed" or "refused") ? "bad"
            : Array.Exists(of, source => source.LastError is not null) ? "warn"
            : "";
        return new FlowNode(
            id,
            0,
            row,
            locale.T(key),
            locale.T("flow.sources", locale.Count(of.Length), locale.Count(of.Sum(source => source.Rows))),
            kind
        );
    }

    private FlowNode Topic(string id, int column, double row, string key, string topic)
    {
        PipelineAnswers.Topic? found = pipeline.Topics.FirstOrDefault(one => one.Name == topic);
        return new FlowNode(
            id,
            column,
            row,
            locale.T(key),
            locale.T("flow.partitions", found?.Partitions ?? 0),
            found?.Unfit.Count > 0 ? "warn" : ""
        );
    }

    private FlowNode Endpoint(string id, int column, double row, string key, string name)
    {
        PipelineAnswers.ReadEndpoint? found = pipeline.Endpoints.FirstOrDefault(one => one.Name == name);
        string kind =
            found is null or { State: "failed" or "faulted" } ? "bad"
            : found.State == "running" ? ""
            : "warn";
        return new FlowNode(id, column, row, locale.T(key), locale.Value("state", found?.State ?? "missing"), kind);
    }

    private FlowArm Sent(string from, string to, Func<PipelineAnswers.Source, bool> isOne)
    {
        PipelineAnswers.Source[] of = [.. sources.Where(isOne)];
        double rate = of.Sum(source => source.RowsPerSecond ?? 0);
        long waiting = of.Sum(source => source.Backlog ?? 0);
        return new FlowArm(
            from,
            to,
            locale.PerSecond(rate),
            waiting > 0 ? locale.T("flow.waiting", locale.Count(waiting)) : "",
            rate > 0
        );
    }

    private FlowArm Read(string from, string to, params string[] names)
    {
        PipelineAnswers.ReadEndpoint[] of =
        [
            .. pipeline.Endpoints.Where(endpoint =>
                Array.Exists(
                    names,
                    name =>
                        endpoint.Name == name
                        || (name.EndsWith('.') && endpoint.Name.StartsWith(name, StringComparison.Ordinal))
                )
            ),
        ];
        double rate = of.Sum(endpoint => endpoint.MessagesPerSecond);
        long lag = of.Sum(endpoint => endpoint.Lag ?? 0);
        return new FlowArm(
            from,
            to,
            locale.PerSecond(rate),
            lag > 0 ? locale.T("flow.waiting", locale.Count(lag)) : "",
            rate > 0
        );
    }
}
