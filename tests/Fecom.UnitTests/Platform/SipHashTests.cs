using Fecom.Platform.Messaging;
using Xunit;

namespace Fecom.UnitTests.Platform;

public sealed class SipHashTests
{
    /// <summary>The example of the paper's appendix, and the first and eighth vector of its reference implementation.</summary>
    [Theory]
    [InlineData(15, 0xa129ca6149be45e5)]
    [InlineData(0, 0x726fdb47dd0e0e31)]
    [InlineData(8, 0x93f5f5799a932462)]
    public void Hash_OfTheReferenceMessage_IsTheReferenceHash(int length, ulong expected)
    {
        byte[] counting = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];

        Assert.Equal(expected, new SipHash(counting).Hash(counting.AsSpan(0, length)));
    }
}
