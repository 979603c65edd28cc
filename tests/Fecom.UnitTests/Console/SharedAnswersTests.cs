using System.Diagnostics;
using Fecom.WebConsole.Live;
using Fecom.WebConsole.Requests;
using Xunit;

namespace Fecom.UnitTests.WebConsole;

/// <summary>What open pages ask at the same moment is asked once, and no page sees less than its own change.</summary>
public sealed class SharedAnswersTests
{
    private static readonly (string Person, string Address) Key = ("name: anna", "/api/v1/jobs");
    private static readonly (string Person, string Address) Other = ("name: anna", "/api/v1/kpis");

    private readonly Clock _time = new();
    private readonly SharedAnswers _shared;
    private int _asked;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public SharedAnswersTests() => _shared = new SharedAnswers(_time);

    [Fact]
    public async Task Twenty_pages_at_the_same_moment_are_one_call()
    {
        TaskCompletionSource answer = new();
        Task<string>[] pages = [.. Enumerable.Range(0, 20).Select(_ => ReadAsync(Key, answer.Task))];
        answer.SetResult();

        Assert.All(await Task.WhenAll(pages), text => Assert.Equal("1", text));
        Assert.Equal("1", await ReadAsync(Key));
    }

    [Fact]
    public async Task An_answer_is_shared_for_less_than_a_second()
    {
        await ReadAsync(Key);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal("1", await ReadAsync(Key));
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal("2", await ReadAsync(Key));
    }

    [Fact]
    public async Task What_changes_seldom_is_shared_until_it_is_as_old_as_its_page_promises_or_something_was_changed()
    {
        await ReadAsync(Key, age: SharedAnswers.Settled);
        _time.Advance(SharedAnswers.Settled - TimeSpan.FromMilliseconds(1));
        Assert.Equal("1", await ReadAsync(Key, age: SharedAnswers.Settled));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("2", await ReadAsync(Key, age: SharedAnswers.Settled));

        _shared.Forget();

        Assert.Equal("3", await ReadAsync(Key, age: SharedAnswers.Settled));
    }

    [Fact]
    public async Task What_is_shown_already_is_read_again_one_answer_after_the_other()
    {
        await ShowBothAsync();
        TaskCompletionSource answer = new();
        Stopwatch watch = Stopwatch.StartNew();
        Task<string> first = ReadAsync(Key, answer.Task);
        Task<string> second = ReadAsync(Other);

        // Unless this thread stood still for so long that the second one did not wait any more.
        Assert.True(_asked == 3 || watch.Elapsed > SharedAnswers.MaxWait, $"{_asked} were asked.");
        answer.SetResult();
        Assert.Equal(("3", "4"), (await first, await second));
    }

    [Fact]
    public async Task A_reading_that_does_not_end_holds_the_others_up_for_a_moment_only()
    {
        await ShowBothAsync();
        TaskCompletionSource never = new();
        Task<string> first = ReadAsync(Key, never.Task);

        Assert.Equal("4", await ReadAsync(Other).WaitAsync(TimeSpan.FromMinutes(1), Cancelled));
        Assert.False(first.IsCompleted);
    }

    [Fact]
    public async Task Nobody_gets_what_another_person_may_see()
    {
        await ReadAsync(Key);

        Assert.Equal("2", await ReadAsync(Key with { Person = "name: ben" }));
    }

    [Fact]
    public async Task A_reading_after_a_change_takes_no_answer_from_before_it_not_even_one_that_is_on_its_way()
    {
        TaskCompletionSource late = new();
        Task<string> before = ReadAsync(Key, late.Task);

        _shared.Forget();
        string after = await ReadAsync(Key);
        late.SetResult();

        Assert.Equal(("1", "2"), (await before, after));
        Assert.Equal("2", await ReadAsync(Key));
    }

    [Fact]
    public void A_page_is_seen_again_when_its_tab_is_shown_and_its_connection_is_back()
    {
        List<bool> changes = [];
        PageVisibility page = new();
        page.Changed += (_, _) => changes.Add(page.Hidden);

        page.SetDisconnected(false);
        page.Set(hidden: true);
        page.SetDisconnected(true);
        page.Set(hidden: false);
        page.SetDisconnected(false);

        Assert.Equal([true, false], changes);
    }

    /// <summary>Two answers are shown, and due to be read again.</summary>
    private async Task ShowBothAsync()
    {
        await ReadAsync(Key);
        await ReadAsync(Other);
        _time.Advance(SharedAnswers.Moving);
    }

    private Task<string> ReadAsync((string Person, string Address) key, Task? until = null, TimeSpan? age = null)
    {
        return _shared.GetAsync(key, age ?? SharedAnswers.Moving, FetchAsync, body => body);

        async Task<string> FetchAsync()
        {
            string answer = $"{++_asked}";
            await (until ?? Task.CompletedTask);
            return answer;
        }
    }

    private sealed class Clock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan by) => _now += by.Ticks;
    }
}
