using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Hosts;
using Fecom.Platform.Jobs;
using Fecom.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Fecom.UnitTests.Platform;

/// <summary>What stops a start: unknown keys, and values that cannot be.</summary>
public sealed class SettingsCheckTests
{
    [Theory]
    [InlineData("Kitchen:OvenSeconds", "30", null)]
    [InlineData("kitchen:ovenseconds", "30", null)]
    [InlineData("Kitchen:Cook", "", null)]
    [InlineData("Kitchen:Dishes:soup", "3", null)]
    [InlineData("Jobs:wash_up:Cron", "0 1 * * *", null)]
    [InlineData("Kitchen:FormerCron", "0 1 * * *", null)]
    [InlineData("PATH", "/bin", null)]
    [InlineData("Unrelated:Program", "1", null)]
    [InlineData("Logging:LogLevel:Kitchen", "Debug", null)]
    [InlineData(
        "Kitchen:OvenSeconds",
        "abc",
        "Kitchen:OvenSeconds is 'abc': expected is a whole number from 1 to 3,600."
    )]
    [InlineData("Kitchen:OvenSeconds", "0", "Kitchen:OvenSeconds is '0': expected is a whole number from 1 to 3,600.")]
    [InlineData("Kitchen:Heat", "warm", "Kitchen:Heat is 'warm': expected is one of gas, wood.")]
    [InlineData("Kitchen:Rest", "soon", "Kitchen:Rest is 'soon': expected is a duration such as")]
    [InlineData("Kitchen:Open", "perhaps", "Kitchen:Open is 'perhaps': expected is true or false.")]
    [InlineData("Kitchen:Safe:Password", "short", "Kitchen:Safe:Password cannot be read: expected is eight letters.")]
    [InlineData("Kitchen:OvenSecond", "30", "There is no setting Kitchen:OvenSecond. Is it Kitchen:OvenSeconds?")]
    [InlineData("Kitchen:Safe:Colour", "red", "There is no setting Kitchen:Safe:Colour. Kitchen:Safe has Password.")]
    [InlineData("Kichen:OvenSeconds", "30", "There is no section Kichen. Is it Kitchen?")]
    [InlineData("ConnectionStrings:Postgress", "Host=x", "Is it ConnectionStrings:Postgres?")]
    public void A_setting_that_is_unknown_or_cannot_be_stops_the_start_by_its_name(
        string key,
        string value,
        string? expected
    )
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { [key] = value })
            .Build();
        ServiceCollection services = new();
        services.AddSettings<KitchenOptions>("Kitchen");
        services.AddSingleton(
            new JobDefinition
            {
                Name = "wash_up",
                Description = "Washes up.",
                FormerCronSetting = "Kitchen:FormerCron",
            }
        );
        using ServiceProvider provider = services.BuildServiceProvider();

        if (expected is null)
        {
            SettingsCheck.Check(configuration, provider);
            return;
        }

        StartException refused = Assert.Throws<StartException>(() => SettingsCheck.Check(configuration, provider));
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("short", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_of_a_section_is_found_with_its_default_and_variable()
    {
        Setting[] keys = [.. Setting.Of(new SettingsSection("Kitchen", typeof(KitchenOptions)))];

        Assert.Equal(
            [
                "Kitchen__OvenSeconds",
                "Kitchen__Heat",
                "Kitchen__Rest",
                "Kitchen__Open",
                "Kitchen__Cook",
                "Kitchen__Safe__Password",
                "Kitchen__Dishes",
            ],
            keys.Select(key => key.Variable)
        );
        Assert.Equal(20, keys[0].Default);
        Assert.True(keys[5].IsSecret);
    }

    private sealed class KitchenOptions
    {
        [Range(1, 3_600)]
        public int OvenSeconds { get; set; } = 20;

        [AllowedValues("gas", "wood")]
        public string Heat { get; set; } = "gas";

        [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
        public TimeSpan Rest { get; set; }

        public bool Open { get; set; }

        public string? Cook { get; set; }

        public SafeOptions Safe { get; set; } = new();

        public Dictionary<string, int> Dishes { get; set; } = [];

        public int Seats => OvenSeconds;
    }

    private sealed class SafeOptions
    {
        [RegularExpression("[a-z]{8}", ErrorMessage = "eight letters")]
        public string Password { get; set; } = "abcdefgh";
    }
}
