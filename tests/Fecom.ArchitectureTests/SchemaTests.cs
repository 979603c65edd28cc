using System.Text.RegularExpressions;
using Fecom.Testing;

namespace Fecom.ArchitectureTests;

/// <summary>A module writes its own schemas and reads no other's, except what is published: <c>gold</c> and the views of validated events and of logged predictions.</summary>
public sealed partial class SchemaTests
{
    private static readonly string[] Published = ["gold.", "bronze.validated_event", "serving.logged_prediction"];

    public static TheoryData<string> Rooms => [.. House.Modules.Select(House.Room), "Platform"];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_writes_its_own_schemas_only(string room)
    {
        HashSet<string> own = Schemas(room);

        Assert.All(Matches(room, Writing()), table => Assert.Contains(table.Split('.')[0], own));
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_reads_its_own_schemas_and_what_is_published(string room)
    {
        HashSet<string> own = Schemas(room);
        HashSet<string> all = [.. Rooms.SelectMany(row => Schemas(row.Data))];

        Assert.All(
            Matches(room, Reading()).Where(table => all.Contains(table.Split('.')[0]) && !IsPublished(table)),
            table => Assert.Contains(table.Split('.')[0], own)
        );
    }

    /// <summary>A room that writes a table of which it does not know the schema writes another's; only who is given a table to clear does.</summary>
    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_names_the_schema_of_each_table_that_it_writes(string room) =>
        Assert.Empty(Matches(room, WritingUnnamed()).Except(["{table}"]));

    /// <summary>Two pieces of work with one number would wait for each other.</summary>
    [Fact]
    public void Advisory_locks_have_numbers_of_their_own()
    {
        string[] numbers = [.. Rooms.SelectMany(room => Matches(room.Data, LockNumber()))];

        Assert.True(numbers.Length > 15, $"Only {numbers.Length} numbers were found.");
        Assert.Equal(numbers.Distinct(StringComparer.Ordinal), numbers);
    }

    private static bool IsPublished(string table) =>
        Published.Any(view => table.StartsWith(view, StringComparison.Ordinal));

    /// <summary>A room's schemas are those in which its migrations create something.</summary>
    private static HashSet<string> Schemas(string room) =>
        [.. Matches(room, Creating(), "*.sql").Select(table => table.Split('.')[0])];

    private static IEnumerable<string> Matches(string room, Regex pattern, string files = "*.*") =>
        Directory
            .EnumerateFiles($"{Repository.Root}/src/Fecom.{room}", files, SearchOption.AllDirectories)
            .Where(path =>
                path.EndsWith(".cs", StringComparison.Ordinal) || path.EndsWith(".sql", StringComparison.Ordinal)
            )
            .Where(path =>
                !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal)
            )
            .SelectMany(path => pattern.Matches(File.ReadAllText(path)).Select(match => match.Groups["table"].Value));

    [GeneratedRegex("(?<table>0x6665_636f_6d[0-9a-f]{2})", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex LockNumber();

    [GeneratedRegex(
        @"create (table|view|materialized view) (if not exists )?(?<table>[a-z_]+\.[a-z_]+)",
        RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex Creating();

    [GeneratedRegex(
        @"(insert into|update|delete from|copy|truncate|alter table|drop table|create table) (if exists |if not exists )?(?<table>[a-z_]+\.[a-z_]+)\b",
        RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex Writing();

    [GeneratedRegex(
        @"\b(insert into|update|delete from|copy|truncate|alter table|drop table|create table) (if exists |if not exists )?(?<table>\{[^}]*\}[\w.]*)",
        RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex WritingUnnamed();

    [GeneratedRegex(@"(\bfrom|\bjoin) (?<table>[a-z_]+\.[a-z_]+)\b", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Reading();
}
