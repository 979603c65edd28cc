using System.Buffers;
using Fecom.Ingestion.ReadCsv;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

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

    private static readonly string[] Utf8Names = ["utf-8", "utf8", "us-ascii"];

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
            RequireUtf8(request);
            await using Stream stream = Decoded(request);
            await body.FillAsync(stream, maxBytes, cancellationToken);
            return body;
        }
        catch (GzipEndsEarlyException)
        {
            body.Dispose();
            throw new BodyRefusedException(StatusCodes.Status400BadRequest, "The gzip body ends early: a part of it is missing, and nothing of it was taken. Send it again.");
        }
        catch (InvalidDataException)
        {
            body.Dispose();
            throw new BodyRefusedException(StatusCodes.Status400BadRequest, "The body is not gzip, although Content-Encoding says so, or it is damaged; nothing of it was taken.");
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

    /// <summary>Content codings are case-insensitive, and x-gzip is gzip (RFC 9110 §8.4.1).</summary>
    private static Stream Decoded(HttpRequest request)
    {
        string[] codings =
        [
            .. request
                .Headers.ContentEncoding.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                .Where(coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase)),
        ];
        if (codings.Length == 0)
        {
            return request.Body;
        }

        if (codings is [var only] && (only.Equals("gzip", StringComparison.OrdinalIgnoreCase) || only.Equals("x-gzip", StringComparison.OrdinalIgnoreCase)))
        {
            return new GzipContent(request.Body);
        }

        request.HttpContext.Response.Headers.AcceptEncoding = "gzip";
        throw new BodyRefusedException(
            StatusCodes.Status415UnsupportedMediaType,
            $"The body is encoded as {string.Join(", ", codings)}; Content-Encoding may be gzip, once, or left out."
        );
    }

    /// <exception cref="BodyRefusedException">The type names another charset than UTF-8.</exception>
    private static void RequireUtf8(HttpRequest request)
    {
        if (
            MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            && type.Charset is { Length: > 0 } charset
            && !Utf8Names.Contains(charset.Value!.Trim('"'), StringComparer.OrdinalIgnoreCase)
        )
        {
            throw new BodyRefusedException(StatusCodes.Status415UnsupportedMediaType, $"The charset {charset} is not read; send the body as UTF-8.");
        }
    }

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
