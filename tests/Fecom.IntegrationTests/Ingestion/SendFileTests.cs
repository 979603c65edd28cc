using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Fecom.Ingestion.EventFiles.ReplayFile;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>A file's events sent to a host as a shop would send them.</summary>
public sealed class SendFileTests(Servers servers) : IDisposable
{
    private readonly InputFiles _files = new();
    private readonly FakePipeline _pipeline = new();
    private readonly StringWriter _news = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Path => System.IO.Path.Combine(_files.Data, "send.csv");

    [Fact(Timeout = 60_000)]
    public async Task Every_event_arrives_once_in_order_although_answers_are_lost()
    {
        await using IngestionHost host = await StartAsync();
        byte[] file = _files.Generated(3_000, invalid: "no_user=0.01,cut_row=0.01");
        await File.WriteAllBytesAsync(Path, file, Cancelled);
        using LossyHandler lossy = new(seed: 3);
        using HttpClient http = new(lossy) { BaseAddress = host.Http.BaseAddress };

        bool isSent = await new SendFileCommand(http, TimeProvider.System, _news).RunAsync(
            new SendFileRequest(Path, host.Http.BaseAddress!, Rate: 1_000_000, Speed: 1, FromLine: 1),
            Cancelled
        );

        string[][] whole =
        [
            .. Encoding
                .UTF8.GetString(file)
                .Split('\n')[1..^1]
                .Select(row => row.Split(','))
                .Where(row => row.Length == 9),
        ];
        string[] good = [.. whole.Where(row => row[7].Length > 0).Select(row => row[8])];
        await Poll.UntilEqualAsync(
            good.Length,
            () => Task.FromResult(_pipeline.Taken.Count),
            TimeSpan.FromSeconds(60),
            "events that arrived"
        );
        Assert.Equal(
            good,
            _pipeline.Taken.Select(m =>
                System.Text.Json.JsonDocument.Parse(m.Value).RootElement.GetProperty("user_session").GetString()
            )
        );
        Assert.True(isSent);
        Assert.True(lossy.Lost > 0);
        Assert.Contains("lines are no events and were passed over; line ", _news.ToString(), StringComparison.Ordinal);
        Assert.Contains(
            $"{whole.Length - good.Length} events were rejected and are not kept; line ",
            _news.ToString(),
            StringComparison.Ordinal
        );
        Assert.Contains($"{http.BaseAddress}api/v1/invalid-events", _news.ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_of_which_nothing_is_accepted_is_not_sent()
    {
        await using IngestionHost host = await StartAsync();
        await File.WriteAllTextAsync(
            Path,
            "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
                + "2024-01-01 00:00:00 UTC,view,1,,,,1.5,,first\n"
                + "2024-01-01 00:01:00 UTC,view,1,,,,1.5,,second\n",
            Cancelled
        );

        bool isSent = await new SendFileCommand(host.Http, TimeProvider.System, _news).RunAsync(
            new SendFileRequest(Path, host.Http.BaseAddress!, Rate: 1_000, Speed: 1, FromLine: 1),
            Cancelled
        );

        Assert.False(isSent);
        Assert.Contains("2 events were rejected", _news.ToString(), StringComparison.Ordinal);
        Assert.Contains("No event was accepted.", _news.ToString(), StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false, "The compressed file ends early, in line ")]
    [InlineData(true, "The compressed data is damaged in line ")]
    public async Task A_compressed_file_that_is_not_whole_is_sent_up_to_there_and_fails(bool isDamaged, string says)
    {
        await using IngestionHost host = await StartAsync();
        byte[] content = _files.Generated(3_000);
        byte[] cut = InputFiles.Zip(content)[..^1_000];
        // In the middle of a line a second part follows, whose first block is of a kind that does not exist.
        byte[] end = InputFiles.Zip(content[50_000..]);
        end[10] = 0xff;
        byte[] damaged = [.. InputFiles.Zip(content[..50_000]), .. end];
        Assert.NotEqual((byte)'\n', content[49_999]);
        await File.WriteAllBytesAsync(Path, isDamaged ? damaged : cut, Cancelled);

        bool isSent = await new SendFileCommand(host.Http, TimeProvider.System, _news).RunAsync(
            new SendFileRequest(Path, host.Http.BaseAddress!, Rate: 1_000_000, Speed: 1, FromLine: 1),
            Cancelled
        );

        Assert.False(isSent);
        string news = _news.ToString();
        string[] parts = news.Split($"{Path}: {says}");
        Assert.Equal(2, parts.Length);
        int line = int.Parse(parts[1].Split(';')[0], CultureInfo.InvariantCulture);
        Assert.Contains($" --from {line} goes on.", parts[1], StringComparison.Ordinal);
        // The line that is cut is not sent, and all lines before it are.
        string[] sessions =
        [
            .. Encoding.UTF8.GetString(content).Split('\n')[1..(line - 1)].Select(row => row.Split(',')[8]),
        ];
        Assert.NotEmpty(sessions);
        await Poll.UntilEqualAsync(
            sessions.Length,
            () => Task.FromResult(_pipeline.Taken.Count),
            TimeSpan.FromSeconds(60),
            "events that arrived"
        );
        Assert.Equal(
            sessions,
            _pipeline.Taken.Select(m =>
                System.Text.Json.JsonDocument.Parse(m.Value).RootElement.GetProperty("user_session").GetString()
            )
        );
        Assert.DoesNotContain("passed over", news, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_gaps_of_the_past_are_kept_at_the_speed_that_is_asked_for()
    {
        await File.WriteAllTextAsync(
            Path,
            "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
                + "2024-01-01 00:00:00 UTC,view,1,,,,1.5,7,first\n"
                + "2024-01-01 00:01:00 UTC,view,1,,,,1.5,7,a minute later\n"
                + "2024-01-01 00:00:30 UTC,view,1,,,,1.5,7,late\n"
                + "2024-01-01 00:03:00 UTC,view,1,,,,1.5,7,last\n",
            Cancelled
        );
        Pace pace = new(rate: null, speed: 60);
        using EventFile file = EventFile.Open(Path, pace, fromLine: 1);

        Assert.Equal([0, 1, 1, 3], file.Read(DateTime.UnixEpoch).Select(e => e.Due.TotalSeconds));
    }

    [Fact(Timeout = 60_000)]
    public async Task Nothing_is_sent_before_it_is_due_and_a_stop_says_where_to_go_on()
    {
        await using IngestionHost host = await StartAsync();
        await File.WriteAllBytesAsync(Path, _files.Generated(50), Cancelled);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        long start = Stopwatch.GetTimestamp();
        Task sending = new SendFileCommand(host.Http, TimeProvider.System, _news).RunAsync(
            new SendFileRequest(Path, host.Http.BaseAddress!, Rate: 4, Speed: 1, FromLine: 1),
            stop.Token
        );
        await Poll.UntilAsync(
            () => Task.FromResult(_pipeline.Taken.Count >= 5),
            TimeSpan.FromSeconds(60),
            "five events did not arrive"
        );
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        Assert.True(took >= TimeSpan.FromSeconds(1), $"the fifth event came after {took}");
        Assert.True(_pipeline.Taken.Count < 50);
        Assert.Matches("Stopped after line [0-9]+: --from [0-9]+ goes on", _news.ToString());
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_a_host_or_with_a_file_of_something_else_the_error_says_what_to_do()
    {
        await File.WriteAllBytesAsync(Path, _files.Generated(5), Cancelled);
        Uri nobody = new($"http://127.0.0.1:{PrivateRedis.FreePort()}");
        using HttpClient http = new() { BaseAddress = nobody };
        SendFileCommand command = new(http, TimeProvider.System, _news);

        IOException away = await Assert.ThrowsAsync<IOException>(() =>
            command.RunAsync(new SendFileRequest(Path, nobody, 10, 1, 1), Cancelled)
        );
        Assert.Contains("./fecom up", away.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(Path, "a,b\n1,2\n", Cancelled);
        ArgumentException other = await Assert.ThrowsAsync<ArgumentException>(() =>
            command.RunAsync(new SendFileRequest(Path, nobody, 10, 1, 1), Cancelled)
        );
        Assert.Contains("event_time", other.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _files.Dispose();
        _news.Dispose();
    }

    private async Task<IngestionHost> StartAsync() =>
        await IngestionHost.StartAsync(await servers.Postgres.CreateDatabaseAsync(), _files, _pipeline);

    /// <summary>After the first call, loses some requests on the way there and some answers on the way back.</summary>
    private sealed class LossyHandler(int seed) : DelegatingHandler(new SocketsHttpHandler())
    {
        private readonly Random _random = new(seed);
        private bool _began;

        public int Lost { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            bool there = _began && _random.Next(5) == 0;
            bool back = _began && _random.Next(3) == 0;
            _began = true;
            if (there)
            {
                Lost++;
                throw new HttpRequestException("lost on the way there");
            }

            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            if (back)
            {
                Lost++;
                response.Dispose();
                return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
            }

            return response;
        }
    }
}
