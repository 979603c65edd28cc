using System.Text.Json;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Files in the input folder: each row reaches the sinks once, whatever happens on the way.</summary>
public sealed class LoadFilesTests(Servers servers) : LoadFilesContext(servers)
{
    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
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
        string database = await Postgres.CreateDatabaseAsync();
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

    [Fact(Timeout = 120_000)]
    public async Task Kafka_that_takes_only_parts_for_a_while_costs_nothing()
    {
        byte[] content = _files.Generated(1_000);
        _files.Put("events.csv", content);
        _pipeline.FailNext(4);
        await using IngestionHost host = await StartAsync();
        await CompletedAsync(host, "file:events.csv@");
        Assert.Equal(InputFiles.Lines(content), InputFiles.Lines(_pipeline.TakenOf("file:events.csv@")));
    }

    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
    public async Task A_file_is_loaded_once_however_often_the_host_starts()
    {
        _files.Put("events.csv", _files.Generated(200));
        string database = await Postgres.CreateDatabaseAsync();
        await using (IngestionHost first = await StartAsync(database))
        {
            await CompletedAsync(first, "file:events.csv@");
        }

        await using IngestionHost second = await StartAsync(database);
        JsonElement run = await second.LoadAsync("file");
        Assert.Equal(("completed", 0L), (run.GetProperty("state").GetString(), run.GetProperty("rows").GetInt64()));
        Assert.Equal(200, _pipeline.SentCount);
        Assert.Single(_pipeline.Completed);
    }

    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
    public async Task Of_two_hosts_one_loads_and_the_other_takes_over()
    {
        byte[] content = _files.Generated(3_000);
        _files.Put("events.csv", content);
        string database = await Postgres.CreateDatabaseAsync();
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
}
