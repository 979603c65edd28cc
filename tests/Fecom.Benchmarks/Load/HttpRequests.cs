using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Fecom.Benchmarks.Load;

/// <summary>Requests as they go over a connection, made before the clock starts.</summary>
internal static class HttpRequests
{
    /// <summary>A call without a body.</summary>
    public static byte[] Get(string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");

    /// <summary>A call with JSON.</summary>
    public static byte[] Post(string path, object json)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(json);
        string length = body.Length.ToString(CultureInfo.InvariantCulture);
        return
        [
            .. Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
            ),
            .. body,
        ];
    }
}
