using System.Collections.Concurrent;
using System.Net;
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
