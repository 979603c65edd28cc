using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Writes and reads the header <c>fecom-origin</c>. A sink skips messages at or below the highest position of a
/// source, so a forged origin could make it skip the source's later messages: an origin is trusted only with a seal that only
/// the hosts of this installation can compute. They share the key in PostgreSQL.
/// </summary>
/// <remarks>Seal (8 bytes, <see cref="SipHash"/> of what follows), position (8), received at (8, ticks UTC), source (UTF-8).</remarks>
internal sealed class OriginSeal(NpgsqlDataSource database)
{
    private const int SourceAt = 24;

    private SipHash? _hash;

    /// <summary>Identifies this installation, whose hosts share the key; empty until the key has been read.</summary>
    public string Installation { get; private set; } = "";

    private SipHash Hash => _hash ?? throw new InvalidOperationException("The key of origins has not been read.");

    /// <summary>Reads the key; comes before the first message.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        byte[] key = await database.ReadAsync<byte[]>("select key from platform.origin_key", null, cancellationToken);
        _hash = new SipHash(key);
        Installation = Convert.ToHexStringLower(SHA256.HashData(key))[..8];
    }

    public byte[] Write(in MessageOrigin origin)
    {
        byte[] bytes = new byte[SourceAt + Encoding.UTF8.GetByteCount(origin.Source)];
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), origin.Position);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(16), origin.ReceivedAt.Ticks);
        Encoding.UTF8.GetBytes(origin.Source, bytes.AsSpan(SourceAt));
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Hash.Hash(bytes.AsSpan(8)));
        return bytes;
    }

    /// <summary>The origin in a header's value; null when this installation did not write it.</summary>
    public MessageOrigin? Read(ReadOnlySpan<byte> bytes) =>
        bytes.Length > SourceAt && BinaryPrimitives.ReadUInt64BigEndian(bytes) == Hash.Hash(bytes[8..])
            ? new MessageOrigin(
                SourceNames.Get(bytes[SourceAt..]),
                BinaryPrimitives.ReadInt64BigEndian(bytes[8..]),
                new DateTime(BinaryPrimitives.ReadInt64BigEndian(bytes[16..]), DateTimeKind.Utc)
            )
            : null;

    /// <summary>Every message has its source's name: consecutive messages of a source share one string.</summary>
    private static class SourceNames
    {
        [ThreadStatic]
        private static (byte[] Bytes, string Text) _last;

        public static string Get(ReadOnlySpan<byte> utf8)
        {
            if (_last.Bytes is null || !utf8.SequenceEqual(_last.Bytes))
            {
                _last = (utf8.ToArray(), Encoding.UTF8.GetString(utf8));
            }

            return _last.Text;
        }
    }
}
