using System.Text;
using Fecom.Contracts;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

public sealed class PackedFeaturesTests
{
    [Fact]
    public void Unpack_IsTheInverseOfPack()
    {
        BehaviorEvent e = Events.Of(BehaviorEventType.Cart, "p\"1") with { Brand = "ü\n[\"", CategoryCode = "a.b" };
        SessionState state = SessionView.Step(null, e);
        string?[] values = PackedFeatures.Unpack(Packed(7, state), SessionView.View);
        Assert.Equal(("p\"1", "ü\n[\"", "cp\"1"), (values[2], values[6], values[16]));
        Assert.Equal(state.Pack(8), SessionState.FromValues(values)!.Pack(8));
    }

    /// <summary>What JSON must have escaped, what needs two characters, and more than the writer's buffer holds.</summary>
    [Fact]
    public void Pack_TakesAnyText()
    {
        string brand = string.Concat([
            .. Enumerable.Range(0, 0x250).Select(c => (char)c),
            "\u2028😀\u007f",
            new string('x', 3_000),
        ]);
        string?[] values = PackedFeatures.Unpack(
            Packed(7, SessionView.Step(null, Events.Of(BehaviorEventType.View, "p", brand: brand))),
            SessionView.View
        );
        Assert.Equal(brand, values[6]);
    }

    [Fact]
    public void Unpack_WhenNothingIsThere_IsAllNull() =>
        Assert.Null(ProductState.FromValues(PackedFeatures.Unpack([], ProductView.View)));

    [Fact]
    public void Pack_AscendsWithTheRevision()
    {
        string[] packed =
        [
            .. new[] { 1, 2, 10, 1_764_000_000_000_000, long.MaxValue }.Select(revision =>
                PackedFeatures.Pack(revision, "[]")
            ),
        ];
        Assert.Equal(packed.Order(StringComparer.Ordinal), packed);
        Assert.All(packed, value => Assert.Equal(PackedFeatures.PrefixLength + 2, value.Length));
    }

    [Theory]
    [InlineData("2000000000000000000[]")]
    [InlineData("1")]
    [InlineData("10000000000000000001[]")]
    [InlineData("10000000000000000001[\"a\"")]
    [InlineData("10000000000000000001{}")]
    public void Unpack_WhenItIsOfAnotherFormat_SaysSo(string packed) =>
        Assert.Throws<FormatException>(() => PackedFeatures.Unpack(Encoding.UTF8.GetBytes(packed), SessionView.View));

    private static byte[] Packed(long revision, SessionState state) => Encoding.UTF8.GetBytes(state.Pack(revision));
}
