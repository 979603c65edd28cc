using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fecom.Ingestion.AcceptEvents;

/// <summary>A call cannot be taken as a whole; the message says why.</summary>
internal sealed class BodyRefusedException(int status, string message) : Exception(message)
{
    public int Status => status;
}

/// <summary>A request's body in memory, decompressed and bounded.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstBytes = 64 * 1024;

    /// <summary>How much smaller gzip makes events.</summary>
    private const long UsualRatio = 8;

    /// <summary>A body that is somewhat too large is still let in by the server, so that its sender reads the answer and no reset.</summary>
    private const long LetIn = 4;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int _length;

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <exception cref="BodyRefusedException">It is too large, or compressed in a way that cannot be read.</exception>
    public static async Task<RequestBody> ReadAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = LetIn * maxBytes;
        }

        RequestBody body = new();
        try
        {
            await using Stream stream = Decoded(request);
            await body.FillAsync(stream, maxBytes, cancellationToken);
            return body;
        }
        catch (InvalidDataException)
        {
            body.Dispose();
            throw new BodyRefusedException(StatusCodes.Status400BadRequest, "The body is not gzip, although Content-Encoding says so.");
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>About how many bytes the body will take in memory.</summary>
    public static long Estimate(HttpRequest request, int maxBytes)
    {
        long onTheWire = request.ContentLength ?? FirstBytes;
        bool compressed = request.Headers.ContentEncoding.Count > 0;
        return Math.Min(compressed ? UsualRatio * onTheWire : onTheWire, maxBytes);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private static Stream Decoded(HttpRequest request) =>
        request.Headers.ContentEncoding.ToString() switch
        {
            "" or "identity" => request.Body,
            "gzip" => new GZipStream(request.Body, CompressionMode.Decompress),
            _ => throw new BodyRefusedException(StatusCodes.Status415UnsupportedMediaType, "Content-Encoding may be gzip or left out."),
        };

    private async Task FillAsync(Stream stream, int maxBytes, CancellationToken cancellationToken)
    {
        int read;
        while ((read = await stream.ReadAsync(_buffer.AsMemory(_length), cancellationToken)) > 0)
        {
            _length += read;
            if (_length > maxBytes)
            {
                throw new BodyRefusedException(
                    StatusCodes.Status413PayloadTooLarge,
                    $"A call may have {maxBytes} bytes, decompressed; send the events in several calls."
                );
            }

            if (_length == _buffer.Length)
            {
                Grow();
            }
        }
    }

    private void Grow()
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(2 * _buffer.Length);
        Bytes.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
