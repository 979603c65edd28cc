using System.Text;
using Fecom.Contracts;
using Xunit;

namespace Fecom.UnitTests.Contracts;

public sealed class UserMentionTests
{
    [Theory]
    [InlineData("u1", """{"user_id":"u1","x":1}""", true)]
    [InlineData("u1", """{"user_id" : "u1"}""", true)]
    [InlineData("u1", """{"user_id":"u12"}""", false)]
    [InlineData("u1", """{"user_id":"xu1"}""", false)]
    [InlineData("u1", """{"product_id":"u1","user_id":"u2"}""", false)]
    [InlineData("541312140", """{"user_id":541312140,"x":1}""", true)]
    [InlineData("541312140", """{"user_id":541312140}""", true)]
    [InlineData("541312140", """{"user_id":5413121400}""", false)]
    [InlineData("541312140", """{"user_id":541312140.5}""", false)]
    // Cut off, wrapped, as text within JSON, and as an order's subscriber.
    [InlineData("u1", """{"price":,"user_id":"u1","user_se""", true)]
    [InlineData("u1", """{"payload":{"before":{"user_id":"u1"},"after":null}}""", true)]
    [InlineData("u1", """{"payload":"{\"user_id\":\"u1\"}"}""", true)]
    [InlineData("u1", """{"Subscriber_ID":"u1"}""", true)]
    // Characters that a JSON text escapes, and that a regular expression knows.
    [InlineData("é+1", """{"user_id":"é+1"}""", true)]
    [InlineData("é+1", """{"user_id":"\u00E9\u002B1"}""", true)]
    [InlineData("é+1", """{"user_id":"\u00e9+1"}""", true)]
    [InlineData("é+1", """{"payload":"{\"user_id\":\"\\u00e9+1\"}"}""", true)]
    [InlineData("u1", """{"user_id":"\u0075\u0031"}""", true)]
    [InlineData("u1", """{"user_id":"\u0075\u00312"}""", false)]
    [InlineData("shop/1", """{"user_id":"shop\/1"}""", true)]
    [InlineData("say\"1", """{"user_id":"say\"1"}""", true)]
    [InlineData("a\\b", """{"user_id":"a\\b"}""", true)]
    [InlineData("😀1", """{"user_id":"\ud83d\ude001"}""", true)]
    [InlineData("u.1", """{"user_id":"ux1"}""", false)]
    // Another user.
    [InlineData("u1", """{"user_id":"U1"}""", false)]
    [InlineData("u1", """{"user_id":"\u0055\u0031"}""", false)]
    public void IsIn_tells_whether_a_text_names_the_user(string user, string text, bool expected) =>
        Assert.Equal(expected, new UserMention(user).IsIn(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void IsIn_knows_a_message_by_its_key() => Assert.True(new UserMention("u1").IsIn("u1"u8, [0xff, 0x00]));
}
