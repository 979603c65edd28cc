using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fecom.Benchmarks.Load;

/// <summary>
/// One kept connection that sends prepared requests and reads each answer to its end. It takes a few microseconds a call, where
/// HttpClient takes a share of the machine that the host is to be measured on.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true,
        ReceiveTimeout = 30_000,
    };

    private byte[] _buffer = new byte[64 * 1024];
    private int _filled;

    public HttpConnection(Uri host) => _socket.Connect(IPAddress.Loopback, host.Port);

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <returns>The status; the answer's bytes are in <see cref="Answer"/>.</returns>
    public int Call(ReadOnlySpan<byte> request)
    {
        while (!request.IsEmpty)
        {
            request = request[_socket.Send(request)..];
        }

        _filled = 0;
        int body = ReadHead();
        ReadOnlySpan<byte> head = _buffer.AsSpan(0, body);
        if (ValueOf(head, "content-length:"u8) is { IsEmpty: false } length)
        {
            Utf8Parser.TryParse(length, out int bytes, out _);
            ReadTo(body + bytes);
        }
        else
        {
            ReadChunks(body);
        }

        return ((_buffer[9] - '0') * 100) + ((_buffer[10] - '0') * 10) + _buffer[11] - '0';
    }

    /// <summary>The last answer as it came, with its head.</summary>
    public ReadOnlySpan<byte> Answer => _buffer.AsSpan(0, _filled);

    public void Dispose() => _socket.Dispose();

    /// <returns>Where the body begins.</returns>
    private int ReadHead()
    {
        int end;
        while ((end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8)) < 0)
        {
            ReadTo(_filled + 1);
        }

        return end + 4;
    }

    private void ReadChunks(int at)
    {
        while (true)
        {
            int line;
            while ((line = _buffer.AsSpan(at, _filled - at).IndexOf("\r\n"u8)) < 0)
            {
                ReadTo(_filled + 1);
            }

            Utf8Parser.TryParse(_buffer.AsSpan(at, line), out int bytes, out _, 'x');
            at += line + 2 + bytes + 2;
            ReadTo(at);
            if (bytes == 0)
            {
                return;
            }
        }
    }

    private void ReadTo(int bytes)
    {
        if (bytes > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(bytes, _buffer.Length * 2));
        }

        while (_filled < bytes)
        {
            int read = _socket.Receive(_buffer.AsSpan(_filled));
            _filled += read > 0 ? read : throw new IOException("The host closed the connection in an answer.");
        }
    }

    private static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        while (head.IndexOf("\r\n"u8) is >= 0 and int end)
        {
            ReadOnlySpan<byte> line = head[..end];
            if (line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name))
            {
                return line[name.Length..].TrimStart((byte)' ');
            }

            head = head[(end + 2)..];
        }

        return [];
    }
}
