using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fecom.Contracts;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

public sealed class PackedFeaturesTests
{
    /// <summary>What is longer than a buffer, has more bytes than characters, or looks like a number and is none.</summary>
    [Theory]
    [InlineData("0")]
    [InlineData("007")]
    [InlineData("9999999999999999999")]
    [InlineData("18446744073709551616")]
    [InlineData("-1")]
    [InlineData("٣")]
    [InlineData("\u2028😀\u007f")]
    public void Pack_TakesAnyText(string product)
    {
        foreach (string text in (string[])[product, product + new string('x', 3_000)])
        {
            SessionState state = Session(Events.Of(BehaviorEventType.Cart, text, brand: text));
            SessionState read = FeatureViews.Session.Unpack(state.Pack(7));
            Assert.Equal((text, text), (read.Newest.Product, read.Newest.Brand));
            Assert.Equal(state.Pack(8), read.Pack(8));
        }
    }

    [Theory]
    [InlineData("0.05", "0.05")]
    [InlineData("10.00", "10")]
    [InlineData("-12.50", "-12.5")]
    [InlineData("144115188075855871", "144115188075855871")]
    [InlineData("144115188075855872", "144115188075855872")]
    [InlineData("288230376151711744", "288230376151711744")]
    [InlineData("79228162514264337593543950335", "79228162514264337593543950335")]
    [InlineData("0.0000000000000000000000000001", "0.0000000000000000000000000001")]
    [InlineData("1000000000000000000000.500", "1000000000000000000000.5")]
    public void Pack_TakesAnyPriceAndDropsTrailingZeros(string price, string kept)
    {
        decimal number = decimal.Parse(price, CultureInfo.InvariantCulture);
        SessionState read = FeatureViews.Session.Unpack(
            Session(Events.Of(BehaviorEventType.Cart, "p", price: number)).Pack(7)
        );

        FeatureValue value = read.Newest.Price;
        Assert.Equal((number, kept), (read.Newest.Price, value.ToString()));
    }

    [Fact]
    public void Pack_AscendsWithTheRevision()
    {
        long[] revisions = [0, 1, 2, 10, 1_764_000_000_000_000, long.MaxValue];
        SessionState state = Session(Events.Of(BehaviorEventType.View, "p"));

        byte[][] packed = Array.ConvertAll(revisions, state.Pack);

        string[] texts = Array.ConvertAll(
            packed,
            value => Encoding.ASCII.GetString(value, 0, PackedFeatures.PrefixLength)
        );
        Assert.Equal(texts.Order(StringComparer.Ordinal), texts);
        Assert.Equal(revisions, Array.ConvertAll(packed, value => PackedFeatures.RevisionOf(value)));
        Assert.All(packed, value => Assert.Equal(packed[0].Skip(20), value.Skip(20)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2")]
    [InlineData("1000000000000000000[]")]
    [InlineData("20000000000000000000")]
    [InlineData("299999999999999999990")]
    [InlineData("2x000000000000000000")]
    public void Unpack_WhenItIsOfAnotherFormatOrCut_SaysWhichView(string packed)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(packed);
        FormatException thrown = Assert.Throws<FormatException>(() => FeatureViews.Session.Unpack(bytes));
        Assert.Contains("view session", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1000000000000000000[]")]
    [InlineData("29999999999999999999")]
    [InlineData("2x000000000000000000")]
    public void RevisionOf_WhenThereIsNone_SaysSo(string packed) =>
        Assert.Throws<FormatException>(() => PackedFeatures.RevisionOf(Encoding.ASCII.GetBytes(packed)));

    /// <summary>What a visit and a product take in Redis decides how many fit into memory.</summary>
    [Fact]
    public void Pack_OfATypicalVisitAndProduct_IsSmall()
    {
        SessionState session = new();
        ProductState product = new();
        for (int i = 0; i < 5; i++)
        {
            BehaviorEvent e = Events.Of(
                i == 3 ? BehaviorEventType.Cart : BehaviorEventType.View,
                $"{1_004_856 + (i % 4)}",
                40 * i,
                user: "541312140",
                price: 130.76m,
                id: 10_000 + (900 * i)
            ) with
            {
                CategoryId = "2053013555631882655",
            };
            session.Step(e);
        }

        for (int i = 0; i < 200; i++)
        {
            product.Step(Events.Of(BehaviorEventType.View, "1004856", 9_000 * i, price: 130.76m, id: i));
        }

        Assert.InRange(session.Pack(1).Length, 1, 250);
        Assert.InRange(product.Pack(1).Length, 1, 400);
    }

    /// <summary>Stored states are read by later versions: other bytes need another <see cref="PackedFeatures.Format"/>, and then the states are built again.</summary>
    [Theory]
    [InlineData("session", "6CA47A526F6A4600")]
    [InlineData("user", "139BBE6306A1E616")]
    [InlineData("product", "23BF013E5A3AB879")]
    [InlineData("category", "23BF013E5A3AB879")]
    [InlineData("brand", "23BF013E5A3AB879")]
    [InlineData("shop", "4362ADAB5134951C")]
    public void Pack_OfFixedEvents_GivesTheBytesOfThisFormat(string name, string hash)
    {
        FeatureView view = FeatureViews.All.Single(view => view.Name == name);
        byte[] packed = FeatureViewTests.After(view, SomeEvents.Make(new Random(7), 300, 900_000, 40, 70)).Pack(1);

        Assert.Equal(hash, Convert.ToHexString(SHA256.HashData(packed))[..16]);
    }

    [Theory]
    [InlineData("", "00000000")]
    [InlineData("s1", "35b588e8")]
    [InlineData("0f8fad5b-d9cb-469f-a165-70867728950e", "1c7caab7")]
    public void StableHash_IsTheSameInEveryVersion(string text, string hash) =>
        Assert.Equal(hash, $"{StableHash.Of(text):x8}");

    [Theory]
    [InlineData("0.00004", "0")]
    [InlineData("0.00006", "1")]
    [InlineData("35.79", "357900")]
    [InlineData("100000000000.5", "1000000000005000")]
    [InlineData("79228162514264337593543950335", "1000000000000000000000000")]
    public void Money_IsInWholeTenThousandths(string price, string units) =>
        Assert.Equal(units, $"{Money.UnitsOf(decimal.Parse(price, CultureInfo.InvariantCulture))}");

    [Theory]
    [InlineData("0.0001")]
    [InlineData("1844674407370955.1615")]
    [InlineData("1844674407370955.1616")]
    [InlineData("100000000000000000000")]
    public void Money_IsTheAmountAgain(string price)
    {
        decimal amount = decimal.Parse(price, CultureInfo.InvariantCulture);
        Assert.Equal(amount, Money.AmountOf(Money.UnitsOf(amount)));
    }

    private static SessionState Session(BehaviorEvent e)
    {
        SessionState state = new();
        state.Step(e);
        return state;
    }
}
