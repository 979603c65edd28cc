using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>Takes what a host sends over OTLP with HTTP and protobuf, as a collector does.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _received = [];
    private readonly Task _serving;

    public OtlpReceiver()
    {
        Url = $"http://127.0.0.1:{PrivateRedis.FreePort()}";
        _listener.Prefixes.Add($"{Url}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary>What came to an address, such as <c>/v1/traces</c>.</summary>
    public IEnumerable<byte[]> Of(string path) => _received.Where(one => one.Path == path).Select(one => one.Body);

    /// <summary>Names of a trace's spans: fields 1 and 5 of a span, which OTLP has in resources (1) and scopes (2).</summary>
    public IEnumerable<string> SpansOf(byte[] trace) =>
        Of("/v1/traces")
            .SelectMany(body => Fields(body, 1))
            .SelectMany(resource => Fields(resource, 2))
            .SelectMany(scope => Fields(scope, 2))
            .Where(span => Fields(span, 1).Any(id => id.Span.SequenceEqual(trace)))
            .Select(span => Encoding.UTF8.GetString(Fields(span, 5).Single().Span));

    /// <summary>The values of a message's field that have a length, as protobuf writes them.</summary>
    private static List<ReadOnlyMemory<byte>> Fields(ReadOnlyMemory<byte> message, int number)
    {
        List<ReadOnlyMemory<byte>> values = [];
        while (!message.IsEmpty)
        {
            ulong key = Number(ref message);
            int length = (key & 7) switch
            {
                0 => 0,
                1 => sizeof(long),
                2 => (int)Number(ref message),
                5 => sizeof(int),
                _ => throw new InvalidDataException($"{key & 7} is no wire type of protobuf's third version."),
            };
            if ((key & 7) == 0)
            {
                Number(ref message);
            }
            else if (key == (ulong)((number << 3) | 2))
            {
                values.Add(message[..length]);
            }

            message = message[length..];
        }

        return values;
    }

    private static ulong Number(ref ReadOnlyMemory<byte> message)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = message.Span[0];
            message = message[1..];
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext call;
            try
            {
                call = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // Stopped.
                return;
            }

            using MemoryStream body = new();
            await call.Request.InputStream.CopyToAsync(body);
            _received.Enqueue((call.Request.Url!.AbsolutePath, body.ToArray()));
            call.Response.ContentType = "application/x-protobuf";
            call.Response.Close();
        }
    }
}
