using Fecom.Access.KnowCallers;
using Fecom.Platform.Access;
using Xunit;

namespace Fecom.UnitTests.Access;

public sealed class ApiKeyTextTests
{
    [Theory]
    [InlineData(false, "fk_17_")]
    [InlineData(true, "pk_17_")]
    public void A_key_is_read_as_it_was_written(bool publishable, string start)
    {
        string secret = ApiKeyText.NewSecret();
        string text = ApiKeyText.Write(17, secret, publishable);

        Assert.StartsWith(start, text, StringComparison.Ordinal);
        Assert.True(ApiKeyText.TryRead(text, out long id, out ReadOnlySpan<char> read, out bool kind));
        Assert.Equal((17, secret, publishable), (id, read.ToString(), kind));
        Assert.Equal(256, secret.Length * 4);
        Assert.NotEqual(secret, ApiKeyText.NewSecret());
    }

    [Theory]
    [InlineData("")]
    [InlineData("fk_")]
    [InlineData("fk_17")]
    [InlineData("fk_17_abc")]
    [InlineData("fk_-1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("fk_1_0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("xk_1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("fk_99999999999999999999_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public void What_cannot_be_a_key_is_none(string text) =>
        Assert.False(ApiKeyText.TryRead(text, out _, out _, out _));

    [Fact]
    public void A_key_knows_its_secret_and_no_other()
    {
        string secret = ApiKeyText.NewSecret();
        KnownKey key = new(1, "shop", ApiKeyText.Hash(secret), [AccessScopes.Serve], [], null);

        Assert.True(key.Has(secret));
        Assert.False(key.Has(ApiKeyText.NewSecret()));
        Assert.True(CallerRights.Allows(key.Caller, AccessScopes.Serve));
        Assert.False(CallerRights.Allows(key.Caller, AccessScopes.Read));
    }
}
