using System.Net;
using Fecom.Access.SignIn;
using Xunit;

namespace Fecom.UnitTests.Access;

public sealed class SignInThrottleTests
{
    private static readonly IPAddress Home = IPAddress.Parse("192.0.2.1");
    private readonly Clock _clock = new();
    private readonly SignInThrottle _throttle;

    public SignInThrottleTests() => _throttle = new SignInThrottle(_clock);

    [Fact]
    public void The_sixth_guess_at_an_account_waits_and_each_one_after_it_twice_as_long()
    {
        Fail("lan", Home, 5);

        Assert.Equal(TimeSpan.FromSeconds(1), _throttle.Begin("LAN", Home));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_throttle.Begin("lan", Home));
        Assert.Equal(TimeSpan.FromSeconds(2), _throttle.Begin("lan", Home));
    }

    [Fact]
    public void Whoever_signs_in_begins_anew()
    {
        Fail("lan", Home, 4);
        Assert.Null(_throttle.Begin("lan", Home));
        _throttle.Succeeded("lan", Home);

        Fail("lan", Home, 5);
    }

    [Fact]
    public void Guesses_at_many_accounts_from_one_address_wait()
    {
        for (int i = 0; i < 20; i++)
        {
            Assert.Null(_throttle.Begin($"person {i}", Home));
        }

        Assert.NotNull(_throttle.Begin("somebody else", Home));
        Assert.Null(_throttle.Begin("somebody else", IPAddress.Parse("192.0.2.2")));
    }

    [Fact]
    public void An_account_that_is_attacked_from_everywhere_waits_half_a_minute_at_most()
    {
        for (int i = 0; i < 60; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(30));
            Assert.Null(_throttle.Begin("lan", new IPAddress(0x0100_0000 + i)));
        }

        Assert.Equal(TimeSpan.FromSeconds(30), _throttle.Begin("lan", Home));
    }

    [Fact]
    public void Failures_are_forgotten_after_a_quarter_of_an_hour()
    {
        Fail("lan", Home, 5);
        _clock.Advance(TimeSpan.FromMinutes(15));

        Fail("lan", Home, 5);
    }

    [Fact]
    public void Its_memory_is_bounded()
    {
        for (int i = 0; i < 3 * SignInThrottle.MaxEntries; i++)
        {
            _throttle.Begin($"person {i}", new IPAddress(i));
        }

        Assert.InRange(_throttle.Count, 1, SignInThrottle.MaxEntries);
    }

    private void Fail(string account, IPAddress address, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Assert.Null(_throttle.Begin(account, address));
        }
    }

    private sealed class Clock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);

        public void Advance(TimeSpan by) => _now += by;

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
