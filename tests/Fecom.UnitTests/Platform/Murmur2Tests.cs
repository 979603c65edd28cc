using System.Text;
using Fecom.Platform.Messaging;
using Xunit;

namespace Fecom.UnitTests.Platform;

public sealed class Murmur2Tests
{
    /// <summary>Values of Kafka's Java client, from the tests of its utilities.</summary>
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void Hash_OfKey_IsTheOneOfKafkasOwnClients(string key, int expected) =>
        Assert.Equal(expected, unchecked((int)Murmur2.Hash(Encoding.UTF8.GetBytes(key))));

    [Fact]
    public void Partition_OfManyKeys_UsesAllPartitionsAlike()
    {
        int[] counts = new int[12];
        for (int i = 0; i < 12_000; i++)
        {
            counts[Murmur2.Partition(Encoding.UTF8.GetBytes($"user-{i}"), counts.Length)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 850, 1_150));
    }
}
