using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fecom.Contracts;

/// <summary>Deterministic 128-bit event ids: the same event sent again has the same id.</summary>
public static class EventId
{
    /// <summary>Hashes a source's name to the 64 bits that <see cref="At"/> takes; compute it once a source.</summary>
    public static ulong HashSource(string source)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(source), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }

    /// <summary>The id of the event at <paramref name="position"/> of the source whose name hashes to <paramref name="sourceHash"/>.</summary>
    /// <remarks>The source's hash leads and the position follows, so ids of one source are neighbours in an index.</remarks>
    public static Guid At(ulong sourceHash, long position)
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(id, sourceHash);
        BinaryPrimitives.WriteInt64BigEndian(id[8..], position);
        return new Guid(id, bigEndian: true);
    }

    /// <summary>The id for a client's own event id: a UUID is taken as it is, any other text is hashed.</summary>
    public static Guid FromClient(string clientId)
    {
        if (Guid.TryParse(clientId, out Guid id))
        {
            return id;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes("client:" + clientId), hash);
        return new Guid(hash[..16], bigEndian: true);
    }
}
