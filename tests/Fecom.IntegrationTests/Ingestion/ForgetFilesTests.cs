using System.Text.Json;
using Fecom.Ingestion.EventFiles.ForgetLoads;
using Fecom.Platform.Jobs;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Files that are empty or went: what is known of them, and for how long.</summary>
public sealed class ForgetFilesTests(Servers servers) : LoadFilesContext(servers)
{
    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
    public async Task A_removed_file_is_gone_then_leaves_the_list_and_is_known_when_it_comes_back()
    {
        byte[] content = _files.Generated(100);
        _files.Put("events.csv", content);
        string database = await Postgres.CreateDatabaseAsync();
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

    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
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
}
