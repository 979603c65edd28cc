using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Ingestion.EventFiles.ForgetLoads;
using Fecom.Platform.Jobs;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Files in the input folder: each row reaches the sinks once, whatever happens on the way.</summary>
public sealed class LoadFilesTests(Servers servers) : IDisposable
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(30);

    private readonly InputFiles _files = new();
    private readonly FakePipeline _pipeline = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_file_is_loaded_to_its_end_and_says_so()
    {
        byte[] content = _files.Generated(2_000, invalid: "0.05");
        _files.Put("events.csv", content);
        await using IngestionHost host = await StartAsync();
        JsonElement source = await CompletedAsync(host, "file:events.csv@");

        Assert.Equal(InputFiles.Lines(content), InputFiles.Lines(_pipeline.TakenOf("file:events.csv@")));
        Assert.Equal(2_000, source.GetProperty("rows").GetInt64());
        Assert.Equal(2_001, source.GetProperty("position").GetInt64());
        Assert.Equal(content.Length, source.GetProperty("bytes").GetInt64());
        Assert.Equal(_pipeline.Taken.Count(m => m.Malformed is not null), source.GetProperty("malformed").GetInt64());
        Assert.Equal(2_000, Assert.Single(_pipeline.Completed).Rows);
        Assert.Equal(2_000, _pipeline.SentCount);
    }

    [Fact(Timeout = 60_000)]
    public async Task Positions_ascend_and_a_row_keeps_its_line()
    {
        _files.Put("events.csv", _files.Generated(1_000));
        await using IngestionHost host = await StartAsync();
        await CompletedAsync(host, "file:events.csv@");
        Assert.Equal(
            Enumerable.Range(2, 1_000).Select(line => (long)line),
            _pipeline.Taken.Select(m => m.Origin!.Value.Position)
        );
    }

    [Theory(Timeout = 120_000)]
    [InlineData("events.csv")]
    [InlineData("events.csv.gz")]
    public async Task Crashes_in_the_middle_lose_no_row_and_repeat_none(string name)
    {
        byte[] content = _files.Generated(5_000, invalid: "0.02");
        _files.Put(name, name.EndsWith(".gz", StringComparison.Ordinal) ? InputFiles.Zip(content) : content);
        string database = await servers.Postgres.CreateDatabaseAsync();
        Random random = new(3);
        for (int crash = 0; crash < 6; crash++)
        {
            TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
            int until = _pipeline.SentCount + random.Next(100, 1_500);
            _pipeline.Sent = sent =>
            {
                if (sent >= until)
                {
                    reached.TrySetResult();
                }

                if (sent >= until - 300)
                {
                    _pipeline.Hold();
                }
            };
            IngestionHost host = await StartAsync(database);
            await reached.Task.WaitAsync(TestTimeout, Cancelled);
            await host.CrashAsync(_pipeline);
            _pipeline.Open();
        }

        _pipeline.Sent = _ => { };
        await using IngestionHost last = await StartAsync(database);
        await CompletedAsync(last, $"file:{name}@");
        Assert.True(_pipeline.SentCount > 5_000, "nothing had to be sent again: the crashes missed");
        Assert.Equal(InputFiles.Lines(content), InputFiles.Lines(_pipeline.TakenOf($"file:{name}@")));
    }

    [Fact(Timeout = 60_000)]
    public async Task Kafka_that_takes_only_parts_for_a_while_costs_nothing()
    {
        byte[] content = _files.Generated(1_000);
        _files.Put("events.csv", content);
        _pipeline.FailNext(4);
        await using IngestionHost host = await StartAsync();
        await CompletedAsync(host, "file:events.csv@");
        Assert.Equal(InputFiles.Lines(content), InputFiles.Lines(_pipeline.TakenOf("file:events.csv@")));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_that_grows_is_read_on_even_from_the_middle_of_a_line()
    {
        byte[] content = _files.Generated(900);
        _files.Put("events.csv", content[..40_000]);
        await using IngestionHost host = await StartAsync();
        JsonElement source = await CompletedAsync(host, "file:events.csv@");
        Assert.StartsWith(
            "The file ends in the middle of line ",
            source.GetProperty("notice").GetString(),
            StringComparison.Ordinal
        );

        _files.Append("events.csv", content[40_000..80_001]);
        _files.Append("events.csv", content[80_001..]);
        await Poll.UntilAsync(
            () => Task.FromResult(_pipeline.TakenOf("file:events.csv@").Count == 900),
            TestTimeout,
            "the rest did not come"
        );
        Assert.Equal(InputFiles.Lines(content), InputFiles.Lines(_pipeline.TakenOf("file:events.csv@")));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_last_line_without_its_break_is_loaded_once()
    {
        byte[] content = _files.Generated(300);
        _files.Put("events.csv", content[..^1]);
        await using IngestionHost host = await StartAsync();
        JsonElement source = await CompletedAsync(host, "file:events.csv@");
        Assert.Equal(300, source.GetProperty("rows").GetInt64());

        byte[] longer = _files.Generated(400);
        _files.Append("events.csv", longer[(content.Length - 1)..]);
        await Poll.UntilAsync(
            () => Task.FromResult(_pipeline.TakenOf("file:events.csv@").Count == 400),
            TestTimeout,
            "the rest did not come"
        );
        Assert.Equal(InputFiles.Lines(longer), InputFiles.Lines(_pipeline.TakenOf("file:events.csv@")));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_replaced_file_is_a_new_source()
    {
        byte[] first = _files.Generated(300, seed: 1);
        _files.Put("events.csv", first);
        await using IngestionHost host = await StartAsync();
        JsonElement source = await CompletedAsync(host, "file:events.csv@");

        byte[] sameBeginning = [.. first];
        sameBeginning[^30] = sameBeginning[^30] == 'a' ? (byte)'b' : (byte)'a';
        _files.Put("events.csv", sameBeginning);
        await CompletedAsync(host, source.GetProperty("name").GetString() + "#2");
        Assert.Equal(600, _pipeline.Taken.Count);

        _files.Put("events.csv", _files.Generated(200, seed: 2));
        await Poll.UntilAsync(
            () => Task.FromResult(_pipeline.Taken.Count == 800),
            TestTimeout,
            "the third file did not come"
        );
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_is_loaded_once_however_often_the_host_starts()
    {
        _files.Put("events.csv", _files.Generated(200));
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (IngestionHost first = await StartAsync(database))
        {
            await CompletedAsync(first, "file:events.csv@");
        }

        await using IngestionHost second = await StartAsync(database);
        JsonElement run = await RunAsync(second, "file");
        Assert.Equal(("completed", 0L), (run.GetProperty("state").GetString(), run.GetProperty("rows").GetInt64()));
        Assert.Equal(200, _pipeline.SentCount);
        Assert.Single(_pipeline.Completed);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_header_that_does_not_fit_is_refused_until_the_file_changes()
    {
        _files.Put("events.csv", "event_time,event_type,item\n1,2,3\n"u8.ToArray());
        await using IngestionHost host = await StartAsync();
        JsonElement refused = await SourceAsync(host, "file:events.csv", "refused");
        Assert.Contains("product_id", refused.GetProperty("last_error").GetString(), StringComparison.Ordinal);
        JsonElement run = await RunAsync(host, "file:events.csv");
        Assert.Equal("failed", run.GetProperty("state").GetString());
        Assert.Contains("unknown: item", run.GetProperty("error").GetString(), StringComparison.Ordinal);

        _files.Put("events.csv", _files.Generated(100));
        await CompletedAsync(host, "file:events.csv@");
        Assert.Single(await SourcesAsync(host));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_that_cannot_be_opened_is_an_error_and_the_others_load()
    {
        File.CreateSymbolicLink(_files.PathOf("a.csv"), _files.PathOf("nowhere"));
        _files.Put("b.csv", _files.Generated(100));
        await using IngestionHost host = await StartAsync();
        JsonElement failed = await SourceAsync(host, "file:a.csv", "failed");
        Assert.StartsWith(
            "The file cannot be read",
            failed.GetProperty("last_error").GetString(),
            StringComparison.Ordinal
        );
        await CompletedAsync(host, "file:b.csv@");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_that_vanishes_says_how_far_it_was_loaded()
    {
        _files.Put("events.csv", _files.Generated(100));
        await using IngestionHost host = await StartAsync(null, ("Ingestion:Files:RestSeconds", "3600"));
        await Poll.UntilAsync(
            () => Task.FromResult(_pipeline.Taken.Count == 100),
            TestTimeout,
            "the rows did not come"
        );
        File.Delete(_files.PathOf("events.csv"));
        JsonElement failed = await SourceAsync(host, "file:events.csv@", "failed");
        Assert.Equal("The file is gone; it was loaded up to line 101.", failed.GetProperty("last_error").GetString());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_compressed_file_that_ends_early_is_loaded_up_to_there_and_says_so()
    {
        byte[] content = _files.Generated(500);
        _files.Put("events.csv.gz", InputFiles.Zip(content)[..^10]);
        await using IngestionHost host = await StartAsync();
        JsonElement cut = await CompletedAsync(host, "file:events.csv.gz@");
        Assert.Contains(
            "The compressed file ends early",
            cut.GetProperty("notice").GetString(),
            StringComparison.Ordinal
        );
        Assert.InRange(cut.GetProperty("rows").GetInt64(), 1, 500);

        _files.Put("events.csv.gz", InputFiles.Zip(content));
        await Poll.UntilAsync(
            () => Task.FromResult(_pipeline.TakenOf("file:events.csv.gz@").Count == 500),
            TestTimeout,
            "the rest did not come"
        );
        Assert.Equal(InputFiles.Lines(content), InputFiles.Lines(_pipeline.TakenOf("file:events.csv.gz@")));
        await Poll.UntilAsync(
            async () =>
                (await CompletedAsync(host, "file:events.csv.gz@")).GetProperty("notice").ValueKind
                == JsonValueKind.Null,
            TestTimeout,
            "the notice stays"
        );
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_no_file_is_refused_by_name_and_the_others_load()
    {
        await ShellAsync(
            "mkfifo a.csv orders.csv; ln -s /dev/zero b.csv.gz; mkdir c.csv; printf x > $'d\\xff.csv'; ln -s a.csv e.csv; ln -s g.csv f.csv; ln -s f.csv g.csv; ln -s g.csv products.csv"
        );
        _files.Put("z.csv", _files.Generated(100));
        await using IngestionHost host = await StartAsync();
        await CompletedAsync(host, "file:z.csv@");
        foreach (
            (string name, string says) in new[]
            {
                ("a.csv", "pipe"),
                ("orders.csv", "pipe"),
                ("b.csv.gz", "device"),
                ("c.csv", "folder"),
                ("d\uFFFD.csv", "rename"),
                ("e.csv", "pipe"),
            }
        )
        {
            JsonElement refused = await SourceAsync(host, "file:" + name, "refused");
            Assert.Contains(says, refused.GetProperty("last_error").GetString(), StringComparison.Ordinal);
        }

        Assert.Contains(
            "circle",
            (await SourceAsync(host, "file:f.csv", "failed")).GetProperty("last_error").GetString(),
            StringComparison.Ordinal
        );
        File.Delete(_files.PathOf("a.csv"));
        _files.Put("a.csv", _files.Generated(50, seed: 2));
        await CompletedAsync(host, "file:a.csv@");
        await ShellAsync("mv $'d\\xff.csv' d.csv");
        await SourceAsync(host, "file:d.csv", "idle");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_without_a_row_is_idle_until_one_comes()
    {
        byte[] content = _files.Generated(20);
        int header = Array.IndexOf(content, (byte)'\n') + 1;
        _files.Put("today.csv", content[..header]);
        await using IngestionHost host = await StartAsync();
        JsonElement idle = await SourceAsync(host, "file:today.csv", "idle");
        Assert.Equal(
            ("The file has no row yet.", JsonValueKind.Null),
            (idle.GetProperty("notice").GetString(), idle.GetProperty("last_error").ValueKind)
        );

        _files.Append("today.csv", content[header..]);
        Assert.Equal(20, (await CompletedAsync(host, "file:today.csv@")).GetProperty("rows").GetInt64());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_removed_file_is_gone_then_leaves_the_list_and_is_known_when_it_comes_back()
    {
        byte[] content = _files.Generated(100);
        _files.Put("events.csv", content);
        string database = await servers.Postgres.CreateDatabaseAsync();
        await using (IngestionHost host = await StartAsync(database))
        {
            await CompletedAsync(host, "file:events.csv@");
            File.Delete(_files.PathOf("events.csv"));
            await SourceAsync(host, "file:events.csv@", "missing");
        }

        await using IngestionHost later = await StartAsync(database, ("Ingestion:Files:MissingMinutes", "0"));
        Assert.Empty(await SourcesAsync(later));
        _files.Put("events.csv", content);
        await CompletedAsync(later, "file:events.csv@");
        Assert.Equal(100, _pipeline.SentCount);
    }

    [Fact(Timeout = 60_000)]
    public async Task Loads_of_files_that_went_long_ago_are_forgotten_and_a_file_that_comes_later_is_read_whole()
    {
        byte[] first = _files.Generated(100);
        // The same first lines, other rows after them: the name of its source would be the same.
        byte[] later = [.. first[..^40], .. _files.Generated(300, seed: 2)[first.Length..]];
        _files.Put("events.csv", first);
        _files.Put("stays.csv", _files.Generated(50, seed: 3));
        await using IngestionHost host = await StartAsync();
        await CompletedAsync(host, "file:events.csv@");
        await CompletedAsync(host, "file:stays.csv@");
        File.Delete(_files.PathOf("events.csv"));
        await SourceAsync(host, "file:events.csv@", "missing");
        await AgeAsync(
            host,
            "update ingestion.file_load set finished_at = now() - interval '800 days', missing_since = missing_since - interval '729 days'"
        );
        ForgetRunsJob job = Assert.IsType<ForgetRunsJob>(
            host.Services.GetRequiredKeyedService<IJob>("forget_load_runs")
        );
        Assert.Equal(0, await job.ForgetFilesAsync(Cancelled));

        await AgeAsync(host, "update ingestion.file_load set missing_since = missing_since - interval '2 days'");
        Assert.Equal(1, await job.ForgetFilesAsync(Cancelled));
        Assert.Equal(0, await job.ForgetFilesAsync(Cancelled));

        int sent = _pipeline.SentCount;
        _files.Put("events.csv", later);
        await CompletedAsync(host, "file:events.csv@");
        Assert.Equal(
            InputFiles.Lines(later),
            InputFiles.Lines(_pipeline.TakenOf(await NameAsync(host, "file:events.csv@")))
        );
        Assert.Equal(InputFiles.Lines(later).Count, _pipeline.SentCount - sent);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_lay_in_a_file_before_it_was_overwritten_is_forgotten_in_time()
    {
        await using IngestionHost host = await StartAsync();
        foreach (int seed in new[] { 1, 2, 3 })
        {
            _files.Put("export.csv", _files.Generated(50, seed));
            await Poll.UntilAsync(
                () => Task.FromResult(_pipeline.Completed.Count == seed),
                TestTimeout,
                "the file was not loaded"
            );
        }

        await CompletedAsync(host, "file:export.csv@");
        await AgeAsync(
            host,
            "update ingestion.file_load set started_at = started_at - interval '800 days', finished_at = finished_at - interval '799 days'"
        );
        ForgetRunsJob job = Assert.IsType<ForgetRunsJob>(
            host.Services.GetRequiredKeyedService<IJob>("forget_load_runs")
        );

        Assert.Equal(2, await job.ForgetFilesAsync(Cancelled));
        Assert.Single(await SourcesAsync(host));
    }

    [Fact(Timeout = 60_000)]
    public async Task Runs_that_ended_long_ago_are_forgotten_and_open_ones_stay()
    {
        await using IngestionHost host = await StartAsync();
        await AgeAsync(
            host,
            """
            insert into ingestion.load_run (id, source, state, requested_at, finished_at, rows)
            select gen_random_uuid(), 'file:none.csv', case when days is null then 'waiting' else 'completed' end,
                now() - interval '1 year', now() - days * interval '1 day', 0
            from unnest(array[91, 89, null]) as days
            """
        );
        ForgetRunsJob job = Assert.IsType<ForgetRunsJob>(
            host.Services.GetRequiredKeyedService<IJob>("forget_load_runs")
        );

        Assert.Equal(1, await job.ForgetAsync(Cancelled));
        Assert.Equal(0, await job.ForgetAsync(Cancelled));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_behind_a_link_is_read_on_when_it_grows()
    {
        byte[] content = _files.Generated(200);
        string elsewhere = Path.Combine(_files.Data, "elsewhere.csv");
        await File.WriteAllBytesAsync(elsewhere, content[..10_000], Cancelled);
        File.CreateSymbolicLink(_files.PathOf("link.csv"), elsewhere);
        await using IngestionHost host = await StartAsync();
        await CompletedAsync(host, "file:link.csv@");
        await File.AppendAllBytesAsync(elsewhere, content[10_000..], Cancelled);
        await Poll.UntilAsync(
            () => Task.FromResult(_pipeline.TakenOf("file:link.csv@").Count == 200),
            TestTimeout,
            "the rest did not come"
        );
        Assert.Equal(InputFiles.Lines(content), InputFiles.Lines(_pipeline.TakenOf("file:link.csv@")));
    }

    [Fact(Timeout = 60_000)]
    public async Task Of_two_hosts_one_loads_and_the_other_takes_over()
    {
        byte[] content = _files.Generated(3_000);
        _files.Put("events.csv", content);
        string database = await servers.Postgres.CreateDatabaseAsync();
        _pipeline.Hold();
        IngestionHost first = await StartAsync(database);
        await Poll.UntilAsync(
            () => Task.FromResult(_pipeline.SentCount == 3_000),
            TestTimeout,
            "the first host did not send"
        );
        await using IngestionHost second = await StartAsync(database);
        await first.CrashAsync(_pipeline);
        _pipeline.Open();

        await CompletedAsync(second, "file:events.csv@");
        Assert.Equal(InputFiles.Lines(content), InputFiles.Lines(_pipeline.TakenOf("file:events.csv@")));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_load_of_an_unknown_source_is_refused_and_an_unknown_run_is_not_found()
    {
        await using IngestionHost host = await StartAsync();
        using HttpResponseMessage unknown = await host.Http.PostAsJsonAsync(
            "/api/v1/ingestion/runs",
            new { source = "file:../secret.csv" },
            Cancelled
        );
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        using HttpResponseMessage run = await host.Http.GetAsync(
            new Uri($"/api/v1/ingestion/runs/{Guid.CreateVersion7()}", UriKind.Relative),
            Cancelled
        );
        Assert.Equal(HttpStatusCode.NotFound, run.StatusCode);
    }

    public void Dispose() => _files.Dispose();

    private async Task<IngestionHost> StartAsync(
        string? database = null,
        params (string Key, string Value)[] settings
    ) =>
        await IngestionHost.StartAsync(
            database ?? await servers.Postgres.CreateDatabaseAsync(),
            _files,
            _pipeline,
            settings
        );

    private static async Task AgeAsync(IngestionHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private static async Task<string> NameAsync(IngestionHost host, string prefix) =>
        (await CompletedAsync(host, prefix)).GetProperty("name").GetString()!;

    /// <summary>Makes in the input folder what .NET cannot make.</summary>
    private async Task ShellAsync(string script)
    {
        using Process shell = Process.Start(
            new ProcessStartInfo("bash", ["-ec", script]) { WorkingDirectory = _files.PathOf("") }
        )!;
        await shell.WaitForExitAsync(Cancelled);
        Assert.Equal(0, shell.ExitCode);
    }

    private static Task<JsonElement> CompletedAsync(IngestionHost host, string prefix) =>
        SourceAsync(host, prefix, "completed");

    private static async Task<JsonElement> SourceAsync(IngestionHost host, string prefix, string state)
    {
        JsonElement found = default;
        await Poll.UntilAsync(
            async () =>
            {
                found = (await SourcesAsync(host)).FirstOrDefault(s =>
                    s.GetProperty("name").GetString()!.StartsWith(prefix, StringComparison.Ordinal)
                );
                return found.ValueKind == JsonValueKind.Object && found.GetProperty("state").GetString() == state;
            },
            TestTimeout,
            $"{prefix} is not {state}"
        );
        return found;
    }

    private static async Task<List<JsonElement>> SourcesAsync(IngestionHost host)
    {
        JsonElement body = await host.Http.GetFromJsonAsync<JsonElement>("/api/v1/ingestion/sources", Cancelled);
        return
        [
            .. body.GetProperty("sources")
                .EnumerateArray()
                .Where(source => source.GetProperty("kind").GetString() == "file"),
        ];
    }

    private static async Task<JsonElement> RunAsync(IngestionHost host, string source)
    {
        using HttpResponseMessage accepted = await host.Http.PostAsJsonAsync(
            "/api/v1/ingestion/runs",
            new { source },
            Cancelled
        );
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        JsonElement run = default;
        await Poll.UntilAsync(
            async () =>
            {
                run = await host.Http.GetFromJsonAsync<JsonElement>(accepted.Headers.Location, Cancelled);
                return run.GetProperty("state").GetString() is "completed" or "failed";
            },
            TestTimeout,
            "the run did not end"
        );
        return run;
    }
}
