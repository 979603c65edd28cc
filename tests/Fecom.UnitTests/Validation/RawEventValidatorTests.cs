using System.Text;
using Fecom.Validation.ReadEvents;
using Fecom.Validation.ValidateEvents;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fecom.UnitTests.Validation;

public sealed class RawEventValidatorTests
{
    private const string Good =
        """{"event_time":"2019-10-01 00:00:00 UTC","event_type":"view","product_id":44600062,"category_id":2103807459595387724,"category_code":"electronics.smartphone","brand":"shiseido","price":35.79,"user_id":541312140,"user_session":"72d76fde-8bb3-4e00-8c23-a032dfed738c"}""";

    private readonly RawEventValidator _validator = new(Options.Create(new ValidationRules()), TimeProvider.System);

    [Theory]
    [InlineData("\"price\":35.79", "\"price\":35.79")]
    [InlineData("\"2019-10-01 00:00:00 UTC\"", "\"2019-10-01T02:00:00+02:00\"")]
    [InlineData("\"2019-10-01 00:00:00 UTC\"", "\"2019-10-01T00:00:00.123Z\"")]
    [InlineData("44600062", "\"44600062\"")]
    [InlineData("\"brand\":\"shiseido\"", "\"brand\":null")]
    [InlineData("\"brand\":\"shiseido\"", "\"brand\":\"\"")]
    [InlineData("\"brand\":\"shiseido\"", "\"colour\":{\"deep\":[1]}")]
    public void Validate_WhenTheEventIsGood_FindsNothing(string part, string instead) =>
        Assert.Empty(Errors(part, instead));

    [Theory]
    [InlineData("\"price\":35.79", "\"price\":0", "price_positive")]
    [InlineData("\"price\":35.79", "\"price\":-1", "price_positive")]
    [InlineData("\"price\":35.79", "\"price\":\"35.79\"", "price_number")]
    [InlineData("\"price\":35.79", "\"price\":true", "price_number")]
    [InlineData("\"price\":35.79", "\"price\":1e400", "price_number")]
    [InlineData("\"price\":35.79", "\"price\":1e12", "price_highest")]
    [InlineData("\"price\":35.79", "\"price\":null", "price_present")]
    [InlineData("\"view\"", "\"gaze\"", "event_type_known")]
    [InlineData("\"view\"", "1", "event_type_known")]
    [InlineData("\"2019-10-01 00:00:00 UTC\"", "\"2019-13-01 00:00:00 UTC\"", "event_time_format")]
    [InlineData("\"2019-10-01 00:00:00 UTC\"", "\"1999-10-01 00:00:00 UTC\"", "event_time_oldest")]
    [InlineData("\"2019-10-01 00:00:00 UTC\"", "\"2999-10-01 00:00:00 UTC\"", "event_time_future")]
    [InlineData("\"2019-10-01 00:00:00 UTC\"", "null", "event_time_present")]
    [InlineData("44600062", "4.5", "product_id_id")]
    [InlineData("44600062", "false", "product_id_id")]
    [InlineData("541312140", "\"\"", "user_id_present")]
    [InlineData("541312140", "\"a\\u0007b\"", "user_id_id")]
    [InlineData("\"shiseido\"", "7", "brand_text")]
    public void Validate_WhenAFieldIsWrong_NamesTheRule(string part, string instead, string rule) =>
        Assert.Equal([rule], Errors(part, instead));

    [Fact]
    public void Validate_WhenManyFieldsAreWrong_NamesThemAll() =>
        Assert.Equal(["event_type_known", "price_positive"], Errors("\"view\"", "\"gaze\"", "35.79", "0"));

    [Theory]
    [InlineData("[1]", "an array")]
    [InlineData("", "not JSON")]
    [InlineData("{\"a\":1} x", "not JSON")]
    [InlineData("{\"a\":1", "not JSON")]
    public void Read_WhenItIsNoObject_SaysWhat(string json, string says)
    {
        Assert.Null(RawEventReader.Read(Encoding.UTF8.GetBytes(json), out string? problem));
        Assert.Contains(says, problem, StringComparison.Ordinal);
    }

    private IEnumerable<string> Errors(params string[] replacements)
    {
        string json = Good;
        for (int i = 0; i < replacements.Length; i += 2)
        {
            Assert.Contains(replacements[i], json, StringComparison.Ordinal);
            json = json.Replace(replacements[i], replacements[i + 1], StringComparison.Ordinal);
        }

        RawEvent? raw = RawEventReader.Read(Encoding.UTF8.GetBytes(json), out string? problem);
        Assert.True(raw is not null, problem);
        return _validator.Validate(raw).Errors.Select(error => error.ErrorCode);
    }
}
