using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Fecom.Platform.Requests;

/// <summary>Which part of a list a call asks for: the same two parameters with every list.</summary>
/// <param name="Limit">How many items at most.</param>
/// <param name="Cursor">Where the page begins; null for the first one.</param>
public readonly record struct PageQuery(
    [property: FromQuery(Name = "limit")]
    [property: Range(1, PageQuery.MaxLimit)]
    [property: Description("How many items the answer has at most.")]
        int Limit = PageQuery.DefaultLimit,
    [property: FromQuery(Name = "cursor")]
    [property: MaxLength(PageQuery.MaxCursor)]
    [property: Description("'next' of the answer before, for the page that follows it; left out for the first page.")]
        string? Cursor = null
)
{
    /// <summary>Items of a page when the call names no limit.</summary>
    public const int DefaultLimit = 100;

    /// <summary>The maximum number of items of a page.</summary>
    public const int MaxLimit = 500;

    private const int MaxCursor = 64;

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public ValidationProblem? Problem =>
        Limit is < 1 or > MaxLimit ? ApiProblems.Invalid("limit", $"limit is a whole number from 1 to {MaxLimit}.")
        : Cursor is not null && !TryRead(Cursor, out _)
            ? ApiProblems.Invalid(
                "cursor",
                "cursor is what 'next' of the page before says; leave it out for the first."
            )
        : null;

    /// <summary>Of a list with the newest first: items below this number.</summary>
    public long Below => Cursor is not null && TryRead(Cursor, out long number) ? number : long.MaxValue;

    /// <summary>Of a list without numbers: how many items were on the pages before.</summary>
    public int Skip => Cursor is not null && TryRead(Cursor, out long number) ? (int)Math.Min(number, int.MaxValue) : 0;

    /// <summary>How many items to look for: one more than are shown tells whether there is a page after this one.</summary>
    public int Wanted => Limit + 1;

    /// <summary>The page of a list with the newest first.</summary>
    /// <param name="found">Up to <see cref="Wanted"/> items below <see cref="Below"/>.</param>
    /// <param name="number">An item's number.</param>
    public Page<T> Of<T>(IReadOnlyList<T> found, Func<T, long> number)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(number);
        return found.Count > Limit ? new([.. found.Take(Limit)], Text(number(found[Limit - 1]))) : new(found, null);
    }

    /// <summary>The page of a list without numbers.</summary>
    /// <param name="found">Up to <see cref="Wanted"/> items after <see cref="Skip"/>.</param>
    public Page<T> Of<T>(IReadOnlyList<T> found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return found.Count > Limit ? new([.. found.Take(Limit)], Text((long)Skip + Limit)) : new(found, null);
    }

    /// <summary>The page of a list that is there as a whole.</summary>
    public Page<T> Slice<T>(IEnumerable<T> all) => Of([.. all.Skip(Skip).Take(Wanted)]);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static bool TryRead(string cursor, out long number) =>
        long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

/// <summary>A part of a list.</summary>
/// <param name="Items">Its items.</param>
/// <param name="Next">The cursor of the page that follows; null when there is none.</param>
public readonly record struct Page<T>(IReadOnlyList<T> Items, string? Next);
