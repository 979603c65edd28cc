using Fecom.Monolith;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Fecom.UnitTests.Monolith;

/// <summary>Every option of every verb, given rightly and wrongly: a mistake ends with a line that names it, never with a stack trace.</summary>
[Collection(nameof(CommandLineTests))]
[CollectionDefinition(nameof(CommandLineTests), DisableParallelization = true)]
public sealed class CommandLineTests : IDisposable
{
    private const string Header =
        "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("fecom-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory(Timeout = 60_000)]
    [InlineData("generate --events 5 --out {}/e.csv")]
    [InlineData("generate --events 5 --seed 7 --invalid 0.5 --out {}/e.csv.gz")]
    [InlineData("generate --events 5 --invalid zero_price=0.1,no_user=0.1 --out {}/e.csv")]
    [InlineData("generate --fecom {}/tables --orders 3")]
    [InlineData("generate --fecom {}/tables --events 50 --out {}/e.csv")]
    [InlineData("generate --help")]
    [InlineData("replay --help")]
    [InlineData("export-model --help")]
    [InlineData("recommend --train {}/sessions --prefixes {}/sessions --out {}/o")]
    [InlineData("recommend --train {}/sessions --prefixes {}/sessions --count 5 --out {}/o")]
    [InlineData("recommend --help")]
    [InlineData("evaluate recommender --sessions {}/sessions --held-out 0.5")]
    [InlineData("evaluate recommender --help")]
    [InlineData("evaluate purchase --help")]
    [InlineData("score --help")]
    [InlineData("--help")]
    [InlineData("--version")]
    public async Task What_is_right_is_done(string line)
    {
        await File.WriteAllTextAsync($"{_folder}/sessions", "1 2\n2 3\n", TestContext.Current.CancellationToken);

        (int code, string output) = await RunAsync(line);

        Assert.Equal((0, ""), (code, code == 0 ? "" : output));
    }

    [Fact(Timeout = 60_000)]
    public async Task Help_says_what_the_exit_code_of_a_replay_means()
    {
        (int code, string output) = await RunAsync("replay --help");

        Assert.Equal(0, code);
        Assert.Contains("exit code", output, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("generate", "--events")]
    [InlineData("generate --events 5", "--out")]
    [InlineData("generate --out {}/e.csv", "--events")]
    [InlineData("generate --events abc --out {}/e.csv", "abc")]
    [InlineData("generate --events 0 --out {}/e.csv", "--events")]
    [InlineData("generate --events 5 --out {}/none/e.csv", "none")]
    [InlineData("generate --events 5 --out {}", "--out")]
    [InlineData("generate --events 5 --seed x --out {}/e.csv", "--seed")]
    [InlineData("generate --events 5 --invalid 2 --out {}/e.csv", "--invalid")]
    [InlineData("generate --events 5 --invalid nonsense=0.1 --out {}/e.csv", "nonsense")]
    [InlineData("generate --fecom {}/tables --orders 0", "--orders")]
    [InlineData("generate --fecom {}/tables --orders many", "many")]
    [InlineData("generate --fecom {}/file", "--fecom")]
    [InlineData("generate --fecom", "--fecom")]
    [InlineData("generate --events 5 --out {}/e.csv --colour red", "--colour")]
    [InlineData("replay", "FILE")]
    [InlineData("replay {}/none.csv", "none.csv")]
    [InlineData("replay {}/file --url nonsense", "nonsense")]
    [InlineData("replay {}/file --url ftp://host", "ftp://host")]
    [InlineData("replay {}/file --rate 10 --speed 2", "--speed")]
    [InlineData("replay {}/file --rate 0", "--rate")]
    [InlineData("replay {}/file --rate fast", "fast")]
    [InlineData("replay {}/file --speed 0", "--speed")]
    [InlineData("replay {}/file --speed fast", "fast")]
    [InlineData("replay {}/file --from 0", "--from")]
    [InlineData("replay {}/file --from top", "top")]
    [InlineData("replay {}/file --url http://127.0.0.1:1", "file")]
    [InlineData("export-model", "NAME")]
    [InlineData("export-model purchase", "--onnx")]
    [InlineData("export-model purchase --onnx {}/m.onnx --models {}", "--models")]
    [InlineData("export-model purchase --onnx {}/m.onnx --models {} --version 3", "version 3")]
    [InlineData("export-model purchase --onnx {}/m.onnx --version new", "new")]
    [InlineData("export-model recommender --onnx {}/m.onnx", "recommender")]
    [InlineData("recommend", "--train")]
    [InlineData("recommend --train {}/file --out {}/o", "--prefixes")]
    [InlineData("recommend --train {}/file --prefixes {}/file", "--out")]
    [InlineData("recommend --train {}/none --prefixes {}/file --out {}/o", "none")]
    [InlineData("recommend --train {}/file --prefixes {}/none --out {}/o", "none")]
    [InlineData("recommend --train {}/file --prefixes {}/file --out {}/none/o", "none")]
    [InlineData("recommend --train {}/file --prefixes {}/file --out {}", "--out")]
    [InlineData("recommend --train {}/file --prefixes {}/file --count 0 --out {}/o", "--count")]
    [InlineData("recommend --train {}/file --prefixes {}/file --count 1001 --out {}/o", "--count")]
    [InlineData("recommend --train {}/file --prefixes {}/file --count many --out {}/o", "many")]
    [InlineData("recommend --train {}/empty --prefixes {}/file --out {}/o", "holds no session")]
    [InlineData("score", "--train")]
    [InlineData("score --train {}/file --carts {}/file", "--out")]
    [InlineData("score --train {}/file --carts {}/none --out {}/o", "none")]
    [InlineData("score --train {}/file --carts {}/file --out {}/o", "file")]
    [InlineData("score --train {}/file --carts {}/empty --out {}/o", "empty")]
    [InlineData("score --train {}/file --carts {}/file --out {}/o --time-zone Mars/Olympus", "Mars/Olympus")]
    [InlineData("evaluate purchase", "--events")]
    [InlineData("evaluate purchase --events {}/none", "none")]
    [InlineData("evaluate purchase --events {}/file", "file")]
    [InlineData("evaluate purchase --events {}/empty", "empty: The file is empty")]
    [InlineData("evaluate purchase --events {}/header", "header: It holds a header and no event")]
    [InlineData(
        "evaluate purchase --events {}/refused",
        "refused: None of its 1 rows is an event; the first, line 2: "
    )]
    [InlineData("score --train {}/refused --carts {}/refused --out {}/o", "refused: None of its 1 rows is an event")]
    [InlineData("evaluate", "recommender")]
    [InlineData("evaluate recommender", "--sessions")]
    [InlineData("evaluate recommender --sessions {}/none", "none")]
    [InlineData("evaluate recommender --sessions {}/empty", "holds no session")]
    [InlineData("evaluate recommender --sessions {}/one", "1 sessions")]
    [InlineData("evaluate recommender --sessions {}/one --held-out 0", "--held-out")]
    [InlineData("evaluate recommender --sessions {}/one --held-out 0.6", "--held-out")]
    [InlineData("evaluate recommender --sessions {}/one --held-out half", "half")]
    [InlineData("evaluate recommender --sessions {}/one --events {}/one", "--events")]
    [InlineData("evaluate recommender --events {}/none", "none")]
    [InlineData("evaluate recommender --events {}/file", "file")]
    [InlineData("evaluate recommender --events {}/empty", "empty: The file is empty")]
    [InlineData("forecast", "forecast")]
    public async Task What_is_wrong_is_named(string line, string word)
    {
        await File.WriteAllTextAsync($"{_folder}/file", "no events\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync($"{_folder}/empty", "", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync($"{_folder}/one", "1 2\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync($"{_folder}/header", Header, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            $"{_folder}/refused",
            Header + "later,view,1,,,,1,1,s\n",
            TestContext.Current.CancellationToken
        );

        (int code, string output) = await RunAsync(line);

        Assert.NotEqual(0, code);
        Assert.Contains(word, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", output, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder, "none*"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_verb_reads_the_folder_of_settings_as_the_host_does()
    {
        await File.WriteAllTextAsync(
            $"{_folder}/ConnectionStrings__Postgres",
            "Host=db;Password=kept in a file",
            TestContext.Current.CancellationToken
        );
        await File.WriteAllTextAsync($"{_folder}/Models__Store", "s3", TestContext.Current.CancellationToken);
        Environment.SetEnvironmentVariable("FECOM_SETTINGS_FOLDER", _folder);
        Environment.SetEnvironmentVariable("Models__Store", "files");
        try
        {
            IConfiguration settings = CommandLine.Settings();

            Assert.Equal("Host=db;Password=kept in a file", settings.GetConnectionString("Postgres"));
            // It goes before the environment.
            Assert.Equal("s3", settings["Models:Store"]);
        }
        finally
        {
            Environment.SetEnvironmentVariable("FECOM_SETTINGS_FOLDER", null);
            Environment.SetEnvironmentVariable("Models__Store", null);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_folder_of_settings_that_is_not_there_is_named()
    {
        Environment.SetEnvironmentVariable("FECOM_SETTINGS_FOLDER", $"{_folder}/none");
        try
        {
            (int code, string output) = await RunAsync("export-model purchase --onnx {}/m.onnx --models {}");

            Assert.Equal(1, code);
            Assert.Contains($"FECOM_SETTINGS_FOLDER is {_folder}/none", output, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("FECOM_SETTINGS_FOLDER", null);
        }
    }

    private async Task<(int Code, string Output)> RunAsync(string line)
    {
        (TextWriter previousOut, TextWriter previousError) = (Console.Out, Console.Error);
        using StringWriter output = new();
        Console.SetOut(output);
        Console.SetError(output);
        try
        {
            int code = await CommandLine.RunAsync(
                line.Replace("{}", _folder, StringComparison.Ordinal).Split(' '),
                _ => throw new InvalidOperationException("No host is built for this.")
            );
            return (code, output.ToString());
        }
        finally
        {
            Console.SetOut(previousOut);
            Console.SetError(previousError);
        }
    }
}
