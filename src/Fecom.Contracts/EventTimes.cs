namespace Fecom.Contracts;

/// <summary>The formats that an event's time may have: a date, a time of day, and the zone.</summary>
/// <remarks>
/// <c>2019-10-01 00:00:00 UTC</c>, RFC 3339, and what databases and languages print: a blank for the T, an offset as
/// <c>+00:00</c>, <c>+0000</c> or <c>+00</c>, a comma before the fraction, no seconds. A time without a zone is refused: read as
/// UTC it would be wrong by hours in most shops, unnoticed.
/// </remarks>
public static class EventTimes
{
    /// <summary>The message about a text in none of the formats.</summary>
    public const string Refusal =
        "event_time is neither like '2019-10-01 00:00:00 UTC' nor an RFC 3339 time with its zone, such as '2019-10-01T00:00:00Z' or '2019-10-01T02:00:00+02:00'";

    /// <summary>
    /// The forms as a regular expression of JSON Schema, up to the number of days of a month. A leap second counts as the
    /// second after it.
    /// </summary>
    public const string Pattern =
        "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt ]([01][0-9]|2[0-3]):[0-5][0-9](:([0-5][0-9]|60)([.,][0-9]{1,20})?)?"
        + " ?(Z|z|UTC|GMT|[+-](0[0-9]|1[0-3])(:?[0-5][0-9])?|[+-]14(:?00)?)$";

    /// <summary>As PostgreSQL; more digits of a fraction are cut.</summary>
    private const int KeptDigits = 6;

    private const int MaxDigits = 20;
    private const int MaxOffsetMinutes = 14 * 60;

    /// <summary>Reads a time, UTC to the microsecond.</summary>
    /// <param name="text">The time as text.</param>
    /// <param name="time">The time; the fraction beyond six digits is cut.</param>
    /// <returns>False when the text is none of the forms.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTime time)
    {
        time = default;
        Cursor at = new(text);
        if (
            !(
                at.Number(4, out int year)
                && at.Take('-')
                && at.Number(2, out int month)
                && at.Take('-')
                && at.Number(2, out int day)
            ) || !(at.TakeAny("Tt ") && at.Number(2, out int hour) && at.Take(':') && at.Number(2, out int minute))
        )
        {
            return false;
        }

        (int second, long ticks) = (0, 0);
        if (at.Take(':') && !(at.Number(2, out second) && (!at.TakeAny(".,") || Fraction(ref at, out ticks))))
        {
            return false;
        }

        if (
            !Offset(ref at, out int offset)
            || !at.IsAtEnd
            || year == 0
            || month is 0 or > 12
            || day == 0
            || hour > 23
            || minute > 59
            || second > 60
        )
        {
            return false;
        }

        if (day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        ticks +=
            new DateTime(year, month, day, hour, minute, 0, DateTimeKind.Utc).Ticks
            + ((second - (60L * offset)) * TimeSpan.TicksPerSecond);
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        time = new DateTime(ticks, DateTimeKind.Utc);
        return true;
    }

    private static bool Fraction(ref Cursor at, out long ticks)
    {
        ticks = 0;
        int digits = 0;
        for (; at.Number(1, out int digit); digits++)
        {
            ticks = digits < KeptDigits ? (ticks * 10) + digit : ticks;
        }

        for (int missing = digits; missing < KeptDigits; missing++)
        {
            ticks *= 10;
        }

        ticks *= TimeSpan.TicksPerMicrosecond;
        return digits is > 0 and <= MaxDigits;
    }

    /// <param name="at">Stands behind the time of day.</param>
    /// <param name="minutes">East of Greenwich.</param>
    private static bool Offset(ref Cursor at, out int minutes)
    {
        minutes = 0;
        at.Take(' ');
        if (at.TakeAny("Zz") || at.Take("UTC") || at.Take("GMT"))
        {
            return true;
        }

        bool west = at.Take('-');
        if (!(west || at.Take('+')) || !at.Number(2, out int hours))
        {
            return false;
        }

        bool colon = at.Take(':');
        bool more = at.Number(2, out int rest);
        minutes = (60 * hours) + rest;
        bool valid = (more || !colon) && rest <= 59 && minutes <= MaxOffsetMinutes;
        minutes = west ? -minutes : minutes;
        return valid;
    }

    private ref struct Cursor(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public bool Take(char c) => TakeAny([c]);

        public bool TakeAny(scoped ReadOnlySpan<char> characters)
        {
            bool found = _rest is [var first, ..] && characters.Contains(first);
            _rest = found ? _rest[1..] : _rest;
            return found;
        }

        public bool Take(scoped ReadOnlySpan<char> word)
        {
            bool found = _rest.StartsWith(word, StringComparison.Ordinal);
            _rest = found ? _rest[word.Length..] : _rest;
            return found;
        }

        /// <summary>Takes exactly so many digits.</summary>
        public bool Number(int digits, out int number)
        {
            number = 0;
            if (_rest.Length < digits || _rest[..digits].ContainsAnyExceptInRange('0', '9'))
            {
                return false;
            }

            foreach (char digit in _rest[..digits])
            {
                number = (10 * number) + (digit - '0');
            }

            _rest = _rest[digits..];
            return true;
        }
    }
}
