using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Files that cannot be loaded, or not whole, say why, and the others load.</summary>
public sealed class RefusedFilesTests(Servers servers) : LoadFilesContext(servers)
{
    [Fact(Timeout = 120_000)]
    public async Task A_header_that_does_not_fit_is_refused_until_the_file_changes()
    {
        _files.Put("events.csv", "event_time,event_type,item\n1,2,3\n"u8.ToArray());
        await using IngestionHost host = await StartAsync();
        JsonElement refused = await SourceAsync(host, "file:events.csv", "refused");
        Assert.Contains("product_id", refused.GetProperty("last_error").GetString(), StringComparison.Ordinal);
        JsonElement run = await host.LoadAsync("file:events.csv");
        Assert.Equal("failed", run.GetProperty("state").GetString());
        Assert.Contains("unknown: item", run.GetProperty("error").GetString(), StringComparison.Ordinal);

        _files.Put("events.csv", _files.Generated(100));
        await CompletedAsync(host, "file:events.csv@");
        Assert.Single(await SourcesAsync(host));
    }

    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
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

    [Fact(Timeout = 120_000)]
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
}
