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

    private readonly ManualTime _time = new();
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
    public async Task What_is_read_again_by_itself_has_its_turn_and_pages_that_show_the_same_have_one()
    {
        await ShowBothAsync();
        Task<string>[] pages = [.. Enumerable.Range(0, 20).Select(_ => RepeatAsync(Key))];
        Task<string> other = RepeatAsync(Other);

        Assert.All(await Task.WhenAll(pages), text => Assert.Equal("3", text));
        _time.Advance(SharedAnswers.Gap - TimeSpan.FromMilliseconds(1));
        Assert.Equal((3, false), (_asked, other.IsCompleted));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("4", await other);
    }

    [Fact]
    public async Task Who_waits_for_an_answer_gets_it_before_the_turns_of_those_who_do_not()
    {
        await ShowBothAsync();
        await RepeatAsync(Key);
        Task<string> repeated = RepeatAsync(Other);

        Assert.Equal("4", await ReadAsync(Other));
        _time.Advance(SharedAnswers.Gap);
        Assert.Equal("4", await repeated);
    }

    [Fact]
    public async Task What_is_young_enough_takes_no_turn_from_others()
    {
        await ShowBothAsync();
        await ReadAsync(Key);
        await RepeatAsync(Key);

        Assert.Equal("4", await RepeatAsync(Other));
    }

    [Fact]
    public async Task A_turn_begins_when_the_reading_before_has_ended()
    {
        await ShowBothAsync();
        TaskCompletionSource answer = new();
        Stopwatch watch = Stopwatch.StartNew();
        Task<string> first = RepeatAsync(Key, answer.Task);
        Task<string> second = RepeatAsync(Other);
        _time.Advance(SharedAnswers.Gap);

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
        Task<string> first = RepeatAsync(Key, never.Task);
        Task<string> second = RepeatAsync(Other);
        _time.Advance(SharedAnswers.Gap);

        Assert.Equal("4", await second.WaitAsync(TimeSpan.FromMinutes(1), Cancelled));
        Assert.False(first.IsCompleted);
    }

    [Fact]
    public async Task Only_what_a_page_reads_again_by_itself_is_a_repeated_reading()
    {
        bool inside = await RepeatedReading.RunAsync(async () =>
        {
            await Task.Yield();
            return RepeatedReading.IsRunning;
        });

        Assert.Equal((true, false), (inside, RepeatedReading.IsRunning));
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

    private Task<string> RepeatAsync((string Person, string Address) key, Task? until = null) =>
        ReadAsync(key, until, repeated: true);

    private Task<string> ReadAsync(
        (string Person, string Address) key,
        Task? until = null,
        TimeSpan? age = null,
        bool repeated = false
    )
    {
        return _shared.GetAsync(key, age ?? SharedAnswers.Moving, repeated, FetchAsync, body => body);

        async Task<string> FetchAsync()
        {
            string answer = $"{++_asked}";
            await (until ?? Task.CompletedTask);
            return answer;
        }
    }
}
