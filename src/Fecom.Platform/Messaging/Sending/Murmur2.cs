using System.Buffers.Binary;

namespace Fecom.Platform.Messaging;

/// <summary>Kafka's default partitioner for keyed messages (MurmurHash2, Austin Appleby), so that every Kafka client puts a user into the same partition.</summary>
internal static class Murmur2
{
    private const uint Seed = 0x9747b28c;
    private const uint M = 0x5bd1e995;

    /// <summary>The partition of a key, 0 to <paramref name="partitions"/> − 1.</summary>
    public static int Partition(ReadOnlySpan<byte> key, int partitions) =>
        (int)((Hash(key) & 0x7fff_ffff) % (uint)partitions);

    public static uint Hash(ReadOnlySpan<byte> key)
    {
        unchecked
        {
            uint hash = Seed ^ (uint)key.Length;
            for (; key.Length >= 4; key = key[4..])
            {
                uint word = BinaryPrimitives.ReadUInt32LittleEndian(key) * M;
                hash = (hash * M) ^ ((word ^ (word >> 24)) * M);
            }

            for (int i = key.Length - 1; i >= 0; i--)
            {
                hash ^= (uint)key[i] << (8 * i);
            }

            if (key.Length > 0)
            {
                hash *= M;
            }

            hash = (hash ^ (hash >> 13)) * M;
            return hash ^ (hash >> 15);
        }
    }
}
