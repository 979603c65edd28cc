using System.CommandLine;
using Fecom.Features;

namespace Fecom.Monolith;

/// <summary>The verbs about features.</summary>
internal static class FeatureCommands
{
    public static Command Features()
    {
        Option<string> entities = new("--entities")
        {
            Description =
                "CSV file: a row for each event_time and one or more of user_id, user_session, product_id, category_id, brand.",
            Required = true,
        };
        Option<string> output = new("--out") { Description = "File to write: .csv or .parquet.", Required = true };
        Option<string?> views = new("--views")
        {
            Description = "Views whose features become columns, separated by commas; all, and cart, when not given.",
        };
        Option<DateTime> asOf = CommandLine.Time(
            "--as-of",
            "Events received later are left out, so that the same call gives the same file after a backfill; UTC, now when not given.",
            isRequired: false
        );
        Command export = new(
            "export",
            "Writes the features that entities had at given times: what was known of them then, and nothing of the future."
        )
        {
            entities,
            output,
            views,
            asOf,
        };
        export.SetAction(
            (result, cancellationToken) =>
                CommandLine.ReportAsync(async () =>
                {
                    StatusLine line = new(
                        Console.Error,
                        TimeProvider.System,
                        Console.IsErrorRedirected ? null : Math.Max(20, Console.WindowWidth)
                    );
                    string written = await FeaturesModule.ExportAsync(
                        CommandLine.Settings(),
                        result.GetValue(entities)!,
                        result.GetValue(output)!,
                        result.GetValue(views),
                        result.GetResult(asOf) is null ? null : result.GetValue(asOf),
                        line.Show,
                        cancellationToken
                    );
                    line.End(written);
                    return 0;
                })
        );
        return new Command("features", "What is known of visitors, visits and products.") { export };
    }
}
