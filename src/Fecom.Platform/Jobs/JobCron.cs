using Cronos;

namespace Fecom.Platform.Jobs;

/// <summary>A schedule's text: five fields in UTC. The scheduler reads it with the same library, and with a sixth field before them for seconds.</summary>
internal static class JobCron
{
    /// <summary>Characters of a schedule at most.</summary>
    public const int MaxLength = 100;

    private const string Form =
        "It has five fields in UTC: minute, hour, day, month, weekday; '0 3 * * *' is every night at three.";

    private static readonly char[] Blanks = [' ', '\t'];

    /// <summary>A text as it is kept.</summary>
    public static string Plain(string cron) =>
        string.Join(' ', cron.Split(Blanks, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>What is wrong with a schedule that somebody sets; null when nothing is.</summary>
    public static string? Problem(string cron, DateTime now)
    {
        if (cron.Length > MaxLength)
        {
            return $"At most {MaxLength} characters. {Form}";
        }

        if (cron.Length == 0)
        {
            return $"An empty text is no schedule: null goes back to the settings, \"enabled\": false pauses the job. {Form}";
        }

        try
        {
            return CronExpression.Parse(cron).GetNextOccurrence(now) is null
                ? $"'{cron}' falls on no date. \"enabled\": false has the job run on demand only."
                : null;
        }
        catch (CronFormatException e)
        {
            return $"'{cron}' is no schedule: {e.Message.TrimEnd('.')}. {Form}";
        }
    }

    /// <summary>The next times of a schedule.</summary>
    public static IReadOnlyList<DateTime> Next(string cron, DateTime now, int count)
    {
        CronExpression schedule = Parse(cron);
        List<DateTime> times = [];
        for (DateTime? at = schedule.GetNextOccurrence(now); at is { } time && times.Count < count; )
        {
            times.Add(time);
            at = schedule.GetNextOccurrence(time);
        }

        return times;
    }

    /// <summary>Reads a schedule as the scheduler does; a CronFormatException says what is wrong with it.</summary>
    public static CronExpression Parse(string cron) =>
        CronExpression.Parse(
            cron,
            Plain(cron).Count(letter => letter == ' ') == 5 ? CronFormat.IncludeSeconds : CronFormat.Standard
        );
}
