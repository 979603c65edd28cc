using System.CommandLine;
using Fecom.Ingestion;
using Fecom.Training;

namespace Fecom.Monolith;

/// <summary>The verbs that try the recommender on files of sessions.</summary>
internal static class RecommenderCommands
{
    public static Command Recommend()
    {
        Option<string> train = new("--train")
        {
            Description = "Sessions to learn from: one a line, product ids separated by spaces, the oldest first.",
            Required = true,
        };
        Option<string> prefixes = new("--prefixes")
        {
            Description = "Beginnings of sessions to answer, a line each.",
            Required = true,
        };
        Option<int> count = new("--count")
        {
            Description = "Products a line, 1 to 1000.",
            DefaultValueFactory = _ => 20,
        };
        Option<string> output = new("--out")
        {
            Description = "File of the answers: a line for each beginning, the best product first.",
            Required = true,
        };
        Command command = new("recommend", "Trains a recommender on a file of sessions and says what comes next.")
        {
            train,
            prefixes,
            count,
            output,
        };
        command.SetAction(
            (result, cancellationToken) =>
                CommandLine.ReportAsync(() =>
                    TrainingModule.Recommend(
                        result.GetValue(train)!,
                        result.GetValue(prefixes)!,
                        result.GetValue(count),
                        result.GetValue(output)!,
                        Console.Error,
                        cancellationToken
                    )
                )
        );
        return command;
    }

    /// <summary>Of <c>evaluate</c>.</summary>
    public static Command Evaluate()
    {
        Option<string> sessions = new("--sessions")
        {
            Description = "Sessions: one a line, product ids separated by spaces, the oldest first.",
        };
        Option<string> events = new("--events")
        {
            Description =
                "In their place, events as the shop's CSV, plain or .gz: these also say who came back, and what they looked at before.",
        };
        Option<double> heldOut = new("--held-out")
        {
            Description = "Share of the sessions that is asked about, the newest; the others are learned from.",
            DefaultValueFactory = _ => 0.05,
        };
        Command recommender = new(
            "recommender",
            "Learns from the oldest sessions and reports how well what came next in the newest is named, beside plain methods."
        )
        {
            sessions,
            events,
            heldOut,
        };
        recommender.Validators.Add(result =>
        {
            if (result.GetResult(sessions) is null == result.GetResult(events) is null)
            {
                result.AddError("Name a file by --sessions, or one by --events.");
            }
        });
        recommender.SetAction(
            (result, cancellationToken) =>
                CommandLine.ReportAsync(() =>
                {
                    double share = result.GetValue(heldOut);
                    if (result.GetValue(events) is { } file)
                    {
                        TrainingModule.EvaluateRecommender(
                            IngestionModule.ReadEvents(file, "events", Console.Error),
                            share,
                            Console.Out,
                            Console.Error,
                            cancellationToken
                        );
                        return;
                    }

                    TrainingModule.EvaluateRecommender(
                        result.GetValue(sessions)!,
                        share,
                        Console.Out,
                        Console.Error,
                        cancellationToken
                    );
                })
        );
        return recommender;
    }
}
