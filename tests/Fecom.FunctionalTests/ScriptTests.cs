using System.Globalization;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary><c>./fecom</c> as a person meets it: under another language, with a server that ends, with too small limits.</summary>
public sealed class ScriptTests : IDisposable
{
    private static readonly string[] Header =
    [
        "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session",
    ];

    // The user postgres must be able to enter it.
    private readonly string _home = Path.Combine(Path.GetTempPath(), $"fecom-script-{Guid.NewGuid():N}");
    private readonly int _port = PrivateRedis.FreePort();

    private ScriptHome Home => new($"{_home}/home", _port, $"{_home}/data");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ScriptTests()
    {
        Directory.CreateDirectory($"{_home}/data/raw");
        Directory.CreateDirectory($"{_home}/home");
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);

    /// <summary>A file that has only its header keeps neither the start waiting nor the servers from being started again.</summary>
    [Fact(Timeout = 600_000)]
    public async Task Up_runs_under_another_language_and_starts_a_server_again_that_ended()
    {
        // Turkish writes decimals with a comma, as many do, and has letters i of its own besides.
        const string source = "tr_TR";
        const string locale = $"{source}.UTF-8";
        await MakeLocaleAsync(locale, source);
        await File.WriteAllLinesAsync($"{_home}/data/raw/today.csv", Header, Cancelled);
        await using Script up = Script.Start(
            Home,
            [("LOCPATH", $"{_home}/locales"), ("LC_ALL", locale), ("LANG", locale), ("LANGUAGE", source[..2])],
            "./fecom",
            "up"
        );

        await up.UntilPrintedAsync("Running.", TimeSpan.FromSeconds(150));
        (int code, string status) = await RunAsync([], "./fecom", "status");
        Assert.True(code == 0, status);
        string hostsLocale = await File.ReadAllTextAsync($"/proc/{PidOf("host")}/environ", Cancelled);
        Assert.Contains($"LC_ALL={locale}\0", hostsLocale, StringComparison.Ordinal);

        int before = PidOf("redis");
        await RunAsync([], "kill", "-KILL", before.ToString(CultureInfo.InvariantCulture));
        await up.UntilPrintedAsync("Redis ended by itself", TimeSpan.FromSeconds(30));
        await Poll.UntilAsync(
            async () => (await RunAsync([], "./fecom", "status")).Code == 0 && PidOf("redis") != before,
            TimeSpan.FromSeconds(60),
            "Redis was not started again"
        );

        (code, string down) = await RunAsync([], "./fecom", "down");
        Assert.True(code == 0, down);
        Assert.Equal(0, await up.EndedAsync());
    }

    [Fact(Timeout = 300_000)]
    public async Task A_server_that_keeps_ending_is_started_again_at_growing_intervals_for_its_reason()
    {
        (int code, string output) = await RunAsync(
            [],
            "bash",
            "-c",
            """
            source ./fecom
            use_home "$FECOM_HOME"
            mkdir -p "$LOGS" "$RUN"
            echo 'could not write: No space left on device' >"$LOGS/redis.log"
            why redis
            spawn_redis() { echo spawned; }
            # Unset, it is a variable like others: the shell's clock does not move it between two calls.
            unset SECONDS
            for (( second = 0; second < 100; second++ )); do
                SECONDS=$second
                keep redis Redis 2>&1 | sed "s/^/$second: /"
                keep redis Redis >/dev/null 2>&1
            done | grep -c spawned
            for attempt in {0..8}; do restart_delay "$attempt"; done | xargs
            """
        );

        Assert.True(code == 0, output);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("the disk was full", lines[0], StringComparison.Ordinal);
        // At 0, 1, 3, 7, 15, 31 and 63 s.
        Assert.Equal("7", lines[1]);
        Assert.Equal("1 2 4 8 16 32 60 60 60", lines[2]);
    }

    /// <summary>What the caller says goes before what the home's last start wrote down; a relative folder begins at the home.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData("", "/far/lake")]
    [InlineData("Paths__Lake=/near/lake", "/near/lake")]
    [InlineData("Paths__Lake=lakes/one", "HOME/lakes/one")]
    [InlineData("rm run/lake", "HOME/lake")]
    public async Task A_replica_has_the_lake_of_its_origin(string before, string lake)
    {
        (int code, string output) = await RunAsync(
            [],
            "bash",
            "-c",
            $$"""
            source ./fecom
            mkdir -p "$HOME_DIR/run" "$HOME_DIR/postgres/data"
            cd "$HOME_DIR"
            printf '1\n2\n3\n4\n/sockets\n' >postgres/data/postmaster.pid
            echo 8080 >run/port
            echo /far/data >run/data
            echo embedded >run/kafka
            echo /far/lake >run/lake
            is_running() { return 0; }
            {{before}}
            ORIGIN=$HOME_DIR
            use_home "$ORIGIN/replicas/8081"
            read_origin
            echo "${LAKE_DIR/#$ORIGIN/HOME}"
            """
        );

        Assert.True(code == 0, output);
        Assert.Equal(lake, output.Trim());
    }

    /// <summary>What passes at the second try counts, and is named; what fails twice fails, and so does all where many fail.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData(1, 0, "passed only at the second try: Shop.Sells(to: \"us\")", "3 passed, 0 failed, 1 skipped")]
    [InlineData(1, 1, "failed: Shop.Sells(to: \"us\")", "2 passed, 1 failed, 1 skipped")]
    [InlineData(4, 0, "failed: Shop.Sells(to: \"us\")", "2 passed, 4 failed, 1 skipped")]
    public async Task A_test_that_fails_by_chance_is_run_once_more_and_named(
        int first,
        int second,
        string named,
        string last
    )
    {
        (int code, string output) = await RunAsync(
            [],
            "bash",
            "-c",
            $$"""
            source ./fecom
            ROOT=$FECOM_HOME
            mkdir -p "$ROOT/tests/Shops/bin/Release/net10.0" "$ROOT/artifacts/tests"
            # A test program that leaves a report.
            cat >"$ROOT/tests/Shops/bin/Release/net10.0/Shops" <<'PROGRAM'
            #!/usr/bin/env bash
            report=${!#} failed={{first}} passed=2 skipped=1
            [[ $report != *second* ]] || { failed={{second}} passed=$((1 - failed)) skipped=0; [[ $* == *'-method Shop.Sells '* ]] || failed=9; }
            {
                echo "<assemblies><assembly name=\"x\" failed=\"$failed\" errors=\"0\" passed=\"$passed\" skipped=\"$skipped\">"
                for (( n = 0; n < failed; n++ )); do
                    echo '<test id="a" name="Shop.Sells(to: \&quot;us\&quot;)" result="Fail" time="1" type="Shop" method="Sells" source-line="1"></test>'
                done
                echo '</assembly></assemblies>'
            } >"$report"
            exit "$failed"
            PROGRAM
            chmod +x "$ROOT/tests/Shops/bin/Release/net10.0/Shops"
            run_tests Shops
            close_tests
            """
        );

        Assert.Equal(last.Contains(" 0 failed", StringComparison.Ordinal) ? 0 : 1, code);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(last, lines[^1]);
        Assert.Contains(named, lines);
    }

    [Theory(Timeout = 300_000)]
    [InlineData(64)]
    [InlineData(256)]
    public async Task Too_few_files_a_process_are_said_as_that(int limit)
    {
        (int code, string output) = await RunAsync([], "bash", "-c", $"ulimit -n {limit}; exec ./fecom up");

        Assert.Equal(1, code);
        Assert.Contains($"may open {limit} files", output, StringComparison.Ordinal);
        Assert.Contains("ulimit -n 1024", output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task The_help_lists_what_there_is()
    {
        (_, string help) = await RunAsync([], "./fecom", "--help");
        string[] verbs =
        [
            .. help.Split('\n')
                .Where(line => line.StartsWith("  ./fecom ", StringComparison.Ordinal))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]),
        ];

        Assert.Contains("up", verbs);
        foreach (string verb in verbs.Distinct().Except(["COMMAND"]))
        {
            (int code, string output) = await RunAsync([], "./fecom", verb, "--help");
            Assert.True(code == 0, $"{verb}: {output}");
        }

        foreach (string verb in new[] { "forecast", "nonsense" })
        {
            (int code, string output) = await RunAsync([], "./fecom", verb);
            Assert.Equal(2, code);
            Assert.Contains(verb, output, StringComparison.Ordinal);
        }
    }

    private int PidOf(string name) =>
        int.Parse(File.ReadAllText($"{_home}/home/run/{name}.pid").Split(' ')[0], CultureInfo.InvariantCulture);

    private async Task MakeLocaleAsync(string locale, string source)
    {
        Assert.SkipUnless(
            File.Exists($"/usr/share/i18n/locales/{source}"),
            "The package locales is not installed, so no other language can be tried."
        );
        Directory.CreateDirectory($"{_home}/locales");
        (int code, string output) = await RunAsync(
            [],
            "localedef",
            "-i",
            source,
            "-f",
            "UTF-8",
            $"{_home}/locales/{locale}"
        );
        Assert.True(code is 0 or 1 && Directory.Exists($"{_home}/locales/{locale}"), output);
    }

    private Task<(int Code, string Output)> RunAsync(
        (string Name, string Value)[] environment,
        params string[] command
    ) => Script.RunAsync(Home, environment, command);
}
