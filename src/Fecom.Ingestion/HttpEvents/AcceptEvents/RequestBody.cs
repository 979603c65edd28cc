using System.Buffers;
using Fecom.Ingestion.Shared.ReadCsv;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Fecom.Ingestion.HttpEvents.AcceptEvents;

/// <summary>The whole call is refused; the message says why.</summary>
internal sealed class BodyRefusedException(int status, string message) : Exception(message)
{
    public int Status => status;

    /// <summary>Too many calls are under way.</summary>
    public static BodyRefusedException TooMany() =>
        new(
            StatusCodes.Status429TooManyRequests,
            "More calls are under way than this host has memory for. Send the events again later."
        );
}

/// <summary>A request's body in memory, decompressed and bounded.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstBytes = 64 * 1024;

    private static readonly string[] Utf8Names = ["utf-8", "utf8", "us-ascii"];

    /// <summary>The server accepts bodies of up to so many times the limit, so that a sender of a somewhat too large one gets an answer rather than a reset connection.</summary>
    private const long AcceptedTimes = 4;

    private readonly Admission _admission;
    private byte[] _buffer;
    private int _length;

    private RequestBody(HttpRequest request, Admission admission)
    {
        _admission = admission;
        _buffer = ArrayPool<byte>.Shared.Rent(FirstSize(request));
    }

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>Bytes that are reserved for a body before its first byte is read.</summary>
    public static int FirstSize(HttpRequest request) =>
        request.Headers.ContentEncoding.Count == 0 && request.ContentLength is < FirstBytes and { } length
            ? (int)length + 1
            : FirstBytes;

    /// <param name="request">The call.</param>
    /// <param name="admission">Reserves the memory that the body takes.</param>
    /// <param name="maxBytes">The maximum number of bytes that it may have.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BodyRefusedException">It is too large, compressed in a way that cannot be read, or too much beside the other calls.</exception>
    public static async Task<RequestBody> ReadAsync(
        HttpRequest request,
        Admission admission,
        int maxBytes,
        CancellationToken cancellationToken
    )
    {
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = AcceptedTimes * maxBytes;
        }

        RequestBody body = new(request, admission);
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
            throw new BodyRefusedException(
                StatusCodes.Status400BadRequest,
                "The gzip body ends early: a part of it is missing, and nothing of it was taken. Send it again."
            );
        }
        catch (InvalidDataException)
        {
            body.Dispose();
            throw new BodyRefusedException(
                StatusCodes.Status400BadRequest,
                "The body is not gzip, although Content-Encoding says so, or it is damaged; nothing of it was taken."
            );
        }
        catch
        {
            body.Dispose();
            throw;
        }
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
                .Headers.ContentEncoding.SelectMany(value =>
                    (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                )
                .Where(coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase)),
        ];
        if (codings.Length == 0)
        {
            return request.Body;
        }

        if (
            codings is [var only]
            && (
                only.Equals("gzip", StringComparison.OrdinalIgnoreCase)
                || only.Equals("x-gzip", StringComparison.OrdinalIgnoreCase)
            )
        )
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
            throw new BodyRefusedException(
                StatusCodes.Status415UnsupportedMediaType,
                $"The charset {charset} is not read; send the body as UTF-8."
            );
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
        int size = 2 * _buffer.Length;
        // During the copy both buffers are in memory.
        if (!_admission.TryHold(_buffer.Length + (long)size))
        {
            throw BodyRefusedException.TooMany();
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        Bytes.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
        _admission.TryHold(size);
    }
}
