using System.CommandLine;
using Fecom.Contracts;
using Fecom.Ingestion;
using Fecom.Training;

namespace Fecom.Monolith;

/// <summary>The verbs that try the purchase model on files of events.</summary>
internal static class PurchaseCommands
{
    public static Command Score()
    {
        Option<string> train = Events("--train", "Events to learn from, as the shop's CSV, plain or .gz.");
        Option<string> carts = Events("--carts", "Events of sessions that end in the cart event that is asked about.");
        Option<string> output = Events("--out", "File of the answers: user_session,product_id,probability.");
        Option<TimeZoneInfo> zone = Zone();
        Command command = new(
            "score",
            "Learns from a file of events and says of each session of another how likely the product of its last event is bought later in it."
        )
        {
            train,
            carts,
            output,
            zone,
        };
        command.SetAction(
            (result, cancellationToken) =>
                CommandLine.ReportAsync(() =>
                {
                    // The smaller file first: what is wrong with it is said at once.
                    List<BehaviorEvent> asked = Read(result.GetValue(carts)!, "carts");
                    TrainingModule.Score(
                        Read(result.GetValue(train)!, "train"),
                        asked,
                        result.GetValue(output)!,
                        result.GetValue(zone)!,
                        Console.Error,
                        cancellationToken
                    );
                })
        );
        return command;
    }

    /// <summary>Of <c>evaluate</c>.</summary>
    public static Command Evaluate()
    {
        Option<string> events = Events("--events", "Events as the shop's CSV, plain or .gz.");
        Option<TimeZoneInfo> zone = Zone();
        Command command = new(
            "purchase",
            "Learns from a file's events before several moments and reports how well purchases after them are predicted, beside plain methods."
        )
        {
            events,
            zone,
        };
        command.SetAction(
            (result, cancellationToken) =>
                CommandLine.ReportAsync(() =>
                    TrainingModule.EvaluatePurchase(
                        Read(result.GetValue(events)!, "events"),
                        result.GetValue(zone)!,
                        Console.Out,
                        Console.Error,
                        cancellationToken
                    )
                )
        );
        return command;
    }

    private static List<BehaviorEvent> Read(string file, string name) =>
        IngestionModule.ReadEvents(file, name, Console.Error);

    private static Option<string> Events(string name, string description) =>
        new(name) { Description = description, Required = true };

    private static Option<TimeZoneInfo> Zone() =>
        new("--time-zone")
        {
            Description =
                "The shop's time zone, such as Europe/Rome, by which hours and weekdays are told; UTC when not given.",
            DefaultValueFactory = _ => TimeZoneInfo.Utc,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (TimeZoneInfo.TryFindSystemTimeZoneById(text, out TimeZoneInfo? zone))
                {
                    return zone;
                }

                result.AddError($"--time-zone is '{text}'; it is a name of the IANA data base, such as Europe/Rome.");
                return null;
            },
        };
}
