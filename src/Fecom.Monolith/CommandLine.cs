using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Fecom.Ingestion;
using Fecom.Platform.Hosts;
using Fecom.Training;
using Fecom.Warehouse;

namespace Fecom.Monolith;

/// <summary>The verbs beside <c>serve</c>: tools that work offline.</summary>
internal static class CommandLine
{
    private const string Serve = "serve";

    /// <summary>Whether the arguments ask for a tool (or for help) rather than for the host.</summary>
    public static bool IsTool(string[] args) =>
        args.Length > 0
        && (args[0] is "--help" or "-h" or "-?" or "--version" || (args[0] != Serve && !args[0].StartsWith('-')));

    /// <param name="args">What was typed.</param>
    /// <param name="build">Builds the host, for what describes it.</param>
    public static Task<int> RunAsync(string[] args, Func<string[], WebApplication> build)
    {
        RootCommand root = new("Fecom: real-time purchase predictions and recommendations.")
        {
            new Command(Serve, "Runs the host."),
            Generate(),
            Replay(),
            ExportModel(),
            Lake(),
            FeatureCommands.Features(),
            RecommenderCommands.Recommend(),
            PurchaseCommands.Score(),
            new Command("evaluate", "Reports how good a model is on data that it has not learned.")
            {
                RecommenderCommands.Evaluate(),
                PurchaseCommands.Evaluate(),
            },
            ListSettings(build),
            Follow(),
        };
        return root.Parse(args).InvokeAsync();
    }

    private static Command Generate()
    {
        Option<long?> events = new("--events") { Description = "Rows of behaviour events to write." };
        Option<long> seed = new("--seed")
        {
            Description = "The same seed gives the same rows.",
            DefaultValueFactory = _ => 1,
        };
        Option<string?> output = new("--out")
        {
            Description = "File of the events, compressed when it ends in .gz; - for the standard output.",
        };
        Option<string> invalid = new("--invalid")
        {
            Description = "Share of mangled rows, 0 to 1, or shares of kinds: zero_price=0.01,no_user=0.005.",
            DefaultValueFactory = _ => "0",
        };
        Option<string?> fecom = new("--fecom")
        {
            Description = "Folder for the eight Fecom tables, consistent with each other.",
        };
        Option<long?> orders = new("--orders")
        {
            Description = "Orders in the tables; an order for every 25 events when not given, or 10,000.",
        };
        Command command = new(
            "generate",
            "Writes made-up behaviour events as the shop's CSV, or the eight tables of a shop that exports its orders."
        )
        {
            events,
            seed,
            output,
            invalid,
            fecom,
            orders,
        };
        command.Validators.Add(result =>
        {
            // Only whether they are given: an invalid value has an error of its own.
            bool hasEvents = IsGiven(result, events);
            bool hasOutput = IsGiven(result, output);
            if (!IsGiven(result, fecom) && !(hasEvents && hasOutput))
            {
                result.AddError("generate needs --events N --out FILE, or --fecom DIR, or both.");
            }
            else if (hasOutput && !hasEvents)
            {
                result.AddError("--out needs --events N.");
            }
        });
        command.SetAction(
            (result, cancellationToken) =>
                ReportAsync(() =>
                {
                    if (result.GetValue(output) is { } file)
                    {
                        IngestionModule.GenerateEvents(
                            result.GetValue(events)!.Value,
                            result.GetValue(seed),
                            file,
                            result.GetValue(invalid)!,
                            cancellationToken
                        );
                    }

                    if (result.GetValue(fecom) is { } folder)
                    {
                        long count = result.GetValue(orders) ?? Math.Max(1, (result.GetValue(events) ?? 250_000) / 25);
                        IngestionModule.GenerateTables(count, result.GetValue(seed), folder, cancellationToken);
                    }
                })
        );
        return command;
    }

    private static Command Replay()
    {
        Argument<string> file = new("FILE") { Description = "Behaviour events as the shop's CSV, plain or .gz." };
        Option<double?> rate = new("--rate") { Description = "Events a second, instead of the gaps of the past." };
        Option<double> speed = new("--speed")
        {
            Description = "How much shorter the gaps of the past are made: 1 keeps them, 60 makes an hour a minute.",
            DefaultValueFactory = _ => 1,
        };
        Option<Uri> url = Url("The host that takes the events.");
        Option<long> from = new("--from")
        {
            Description = "Line to begin at, to go on where a replay was stopped.",
            DefaultValueFactory = _ => 1,
        };
        Command command = new(
            "replay",
            "Sends a file's events to a running host, with the gaps of the past or at a rate. The exit code is 0 when the file "
                + "was sent to its end, whatever the host refused of it: how many events those are, and which is the first, is "
                + "reported. It is 1 when the file could not be sent to its end, or no event was accepted."
        )
        {
            file,
            rate,
            speed,
            url,
            from,
        };
        command.Validators.Add(result =>
        {
            if (IsGiven(result, rate) && IsGiven(result, speed))
            {
                result.AddError(
                    "--rate and --speed exclude each other: events a second, or the gaps of the past made shorter."
                );
            }
        });
        command.SetAction(
            (result, cancellationToken) =>
                ReportAsync(async () =>
                {
                    bool isSent = await IngestionModule.SendFileAsync(
                        result.GetValue(file)!,
                        result.GetValue(url)!,
                        result.GetValue(rate),
                        result.GetValue(speed),
                        result.GetValue(from),
                        Console.Error,
                        cancellationToken
                    );
                    return isSent ? 0 : 1;
                })
        );
        return command;
    }

    private static Command ExportModel()
    {
        Argument<string> name = new("NAME") { Description = "The model: purchase." };
        Option<string> onnx = new("--onnx") { Description = "File of the model as ONNX.", Required = true };
        Option<int?> version = new("--version") { Description = "Which version; the newest when not given." };
        Option<string?> models = new("--models")
        {
            Description =
                "Folder of the models' artifacts; when not given, where the settings say: Paths:Models, or the bucket of Models:Store s3.",
        };
        Command command = new("export-model", "Writes a trained model as ONNX, for other programs to predict with.")
        {
            name,
            onnx,
            version,
            models,
        };
        command.SetAction(
            (result, cancellationToken) =>
                ReportAsync(async () =>
                {
                    await TrainingModule.ExportOnnxAsync(
                        Settings(),
                        result.GetValue(models),
                        result.GetValue(name)!,
                        result.GetValue(version),
                        result.GetValue(onnx)!,
                        Console.Out,
                        cancellationToken
                    );
                    return 0;
                })
        );
        return command;
    }

    private static Command Lake()
    {
        Option<DateTime> from = Time("--from", "First event time, UTC: 2026-11-22, or 2026-11-22T09:00:00Z.");
        Option<DateTime> to = Time("--to", "End of the event times, which is not among them.");
        Command replay = new(
            "replay",
            "Puts back into bronze what the lake has of a time and bronze has not; PostgreSQL must run."
        )
        {
            from,
            to,
        };
        replay.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.GetValue(from) < result.GetValue(to))
            {
                return;
            }

            result.AddError("--to is not after --from.");
        });
        replay.SetAction(
            (result, cancellationToken) =>
                ReportAsync(async () =>
                {
                    await WarehouseModule.ReplayLakeAsync(
                        Settings(),
                        result.GetValue(from),
                        result.GetValue(to),
                        Console.Error,
                        cancellationToken
                    );
                    return 0;
                })
        );
        return new Command("lake", "The events that are kept as Parquet.") { replay };
    }

    /// <summary>The host's settings, for a verb that works on its stores.</summary>
    /// <exception cref="StartException">The folder of settings is not there.</exception>
    public static IConfiguration Settings()
    {
        ConfigurationManager settings = new();
        settings.SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json").AddEnvironmentVariables();
        WebHost.ReadSettingsFolder(settings);
        return settings;
    }

    private static Command ListSettings(Func<string[], WebApplication> build)
    {
        Command command = new(
            "settings",
            "Prints every setting: its key, default, unit, range and meaning, as Markdown."
        );
        command.SetAction(
            (_, _) =>
                ReportAsync(async () =>
                {
                    // Nothing is reached: the addresses are there because a host cannot be built without.
                    await using WebApplication app = build([
                        Serve,
                        "--ConnectionStrings:Postgres=Host=localhost",
                        "--ConnectionStrings:Redis=localhost",
                    ]);
                    await Console.Out.WriteAsync(
                        SettingsPage.Write(app.Services, ((IEndpointRouteBuilder)app).DataSources)
                    );
                    return 0;
                })
        );
        return command;
    }

    /// <summary>An option that takes a time, UTC unless it says its zone.</summary>
    public static Option<DateTime> Time(string name, string description, bool isRequired = true) =>
        new(name)
        {
            Description = description,
            Required = isRequired,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (
                    DateTime.TryParse(
                        text,
                        CultureInfo.InvariantCulture,
                        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                        out DateTime time
                    )
                )
                {
                    return time;
                }

                result.AddError($"{name} is '{text}'; it is a time such as 2026-11-22 or 2026-11-22T09:00:00Z.");
                return default;
            },
        };

    private static Command Follow()
    {
        Option<Uri> url = Url("The host that starts.");
        Option<string> until = new("--until") { DefaultValueFactory = _ => "trained" };
        until.AcceptOnlyFromAmong("ready", "trained");
        Option<int> elapsed = new("--elapsed") { Description = "Seconds that the start took before." };
        Command command = new("follow", "Shows how a host's start goes on.") { url, until, elapsed };
        command.Hidden = true;
        command.SetAction(
            (result, cancellationToken) =>
                ReportAsync(async () =>
                {
                    using HttpClient http = new()
                    {
                        BaseAddress = result.GetValue(url),
                        Timeout = TimeSpan.FromSeconds(5),
                    };
                    FollowStart follow = new(http, TimeProvider.System, StatusLine.OfConsole());
                    await follow.RunAsync(
                        result.GetValue(until) == "trained",
                        TimeSpan.FromSeconds(result.GetValue(elapsed)),
                        cancellationToken
                    );
                    return 0;
                })
        );
        return command;
    }

    private static Option<Uri> Url(string description) =>
        new("--url")
        {
            Description = description,
            DefaultValueFactory = _ => new Uri(
                $"http://localhost:{Environment.GetEnvironmentVariable("FECOM_PORT") ?? "8080"}"
            ),
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (
                    Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
                    && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
                )
                {
                    return url;
                }

                result.AddError($"--url is '{text}'; it is a host's address, such as http://localhost:8080.");
                return null;
            },
        };

    private static bool IsGiven(CommandResult command, Option option) =>
        command.GetResult(option) is { Implicit: false };

    /// <summary>Runs a verb; what the caller can mend is told in a line.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> ReportAsync(Action run) =>
        ReportAsync(() =>
        {
            run();
            return Task.FromResult(0);
        });

    /// <summary>As above, for a verb that waits.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> ReportAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
        catch (Exception e)
            when (e
                    is ArgumentException
                        or IOException
                        or InvalidDataException
                        or UnauthorizedAccessException
                        or StartException
            )
        {
            Console.Error.WriteLine($"fecom: {Words(e)}");
            return 1;
        }
    }

    /// <summary>Without the parameter's name that .NET appends.</summary>
    private static string Words(Exception e) =>
        e is ArgumentException { ParamName: { Length: > 0 } name }
            ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
            : e.Message;
}
