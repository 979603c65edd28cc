using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;
using Npgsql;

namespace Fecom.FunctionalTests;

/// <summary><c>./fecom backup</c> of a shop that runs, and <c>./fecom restore</c> of it elsewhere: counts and answers are what they were.</summary>
public sealed class BackupTests : IDisposable
{
    private const string Instance =
        """{"instances":[{"user_id":"615215965","product_id":"58916293","user_session":"2f0b2524-9ba3-495e-9ff9-9980fe9b46ad"}]}""";

    /// <summary>So that the lake's job writes what there is, not only what has waited for ten minutes.</summary>
    private static readonly (string, string)[] AtOnce = [("Lake__RollMinutes", "0")];

    // The user postgres must be able to enter it.
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"fecom-backup-{Guid.NewGuid():N}");
    private readonly string _file;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public BackupTests()
    {
        Directory.CreateDirectory($"{_folder}/data/raw");
        _file = $"{_folder}/shop.backup";
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = 900_000)]
    public async Task What_a_running_shop_backs_up_comes_back_in_an_empty_home()
    {
        File.Copy(Path.Combine(Repository.Root, "data", "raw", "sample.csv"), $"{_folder}/data/raw/sample.csv");
        ScriptHome first = Home("first");
        ScriptHome second = Home("second");
        Answers before;
        await using (Script up = Script.Start(first, AtOnce, "./fecom", "up"))
        {
            await up.UntilPrintedAsync("Running.", TimeSpan.FromSeconds(300));
            await LakeWrittenAsync(first);
            before = await AnswersAsync(first);
            Assert.Equal(10_000, before.Events);

            await KilledAsync(first);
            Assert.False(File.Exists(_file));
            Assert.Single(Directory.GetDirectories(first.Home, "backup.*"));
            Assert.Equal(0, await FecomAsync(first, "which a killed one left", "backup", _file));
            Assert.True(File.Exists(_file));
            Assert.Empty(Directory.GetDirectories(first.Home, "backup.*"));
            Assert.Equal(1, await FecomAsync(first, "--force", "backup", _file));
            Assert.Equal(1, await FecomAsync(first, "stop it first", "restore", _file));
            Assert.Equal(0, await FecomAsync(first, "Stopped", "down"));
        }

        Assert.Equal(1, await FecomAsync(first, "--force", "restore", _file));
        Assert.Equal(0, await FecomAsync(first, "Restored", "restore", "--force", _file));

        Assert.Equal(0, await FecomAsync(second, "Restored", "restore", _file));
        IReadOnlyList<string> lake = LakeFiles(second);
        Assert.Equal(LakeFiles(first), lake);
        await using (Script up = Script.Start(second, AtOnce, "./fecom", "up"))
        {
            await up.UntilPrintedAsync("Running.", TimeSpan.FromSeconds(300));
            await Poll.UntilEqualAsync(before, () => AnswersAsync(second), TimeSpan.FromSeconds(60), "answers");

            // It goes on, in the lake too: beside the files that it was restored with.
            await PostAsync(
                second,
                "events",
                """{"event_time":"2025-01-05T09:00:00Z","event_type":"view","product_id":"1","price":5,"user_id":"u","user_session":"s"}"""
            );
            await Poll.UntilEqualAsync(
                before.Events + 1,
                async () => (await AnswersAsync(second)).Events,
                TimeSpan.FromSeconds(60),
                "events"
            );
            await LakeWrittenAsync(second);
            Assert.Superset(lake.ToHashSet(), LakeFiles(second).ToHashSet());
            Assert.Contains(LakeFiles(second).Except(lake), name => name.Contains("/1-", StringComparison.Ordinal));
            (int code, string replay) = await Script.RunAsync(
                second,
                [],
                "./fecom",
                "lake",
                "replay",
                "--from",
                "2025-01-01",
                "--to",
                "2025-02-01"
            );
            Assert.True(code == 0, replay);
            Assert.Contains(
                "The lake has 10,001 events of that time; bronze had 10,001 of them, and got 0.",
                replay,
                StringComparison.Ordinal
            );
        }
    }

    /// <summary>Its folder is named at the start alone, and begins at the home.</summary>
    [Fact(Timeout = 600_000)]
    public async Task A_lake_in_a_folder_of_its_own_is_backed_up_without_naming_it_again()
    {
        ScriptHome first = Home("first");
        ScriptHome second = Home("second");
        string lake = $"{_folder}/lake of its own";
        await using (
            Script up = Script.Start(
                first,
                [.. AtOnce, ("Paths__Lake", "../lake of its own")],
                "./fecom",
                "up",
                "--no-sample"
            )
        )
        {
            await up.UntilPrintedAsync("Running.", TimeSpan.FromSeconds(300));
            await PostAsync(
                first,
                "events",
                """{"event_time":"2025-01-05T09:00:00Z","event_type":"view","product_id":"1","price":5,"user_id":"u","user_session":"s"}"""
            );
            await using NpgsqlDataSource database = Database(first);
            await Poll.UntilEqualAsync(
                1L,
                () => AskAsync<long>(database, "select count(*) from bronze.event"),
                TimeSpan.FromSeconds(60),
                "events"
            );
            await LakeWrittenAsync(first);
            string replayed = "The lake has 1 events of that time; bronze had 1 of them, and got 0.";
            Assert.Equal(
                0,
                await FecomAsync(first, replayed, "lake", "replay", "--from", "2025-01-01", "--to", "2025-02-01")
            );
            Assert.Equal(0, await FecomAsync(first, "of the lake", "backup", _file));
            Assert.Equal(0, await FecomAsync(first, "Stopped", "down"));
        }

        Assert.Single(ParquetFiles(lake));
        Assert.Equal(0, await FecomAsync(second, "Restored", "restore", _file));
        Assert.Equal(ParquetFiles(lake), ParquetFiles($"{second.Home}/lake"));

        // Without its files a backup would not be what it says.
        Directory.Move(lake, $"{_folder}/moved");
        byte[] kept = await File.ReadAllBytesAsync(_file, Cancelled);
        Assert.Equal(1, await FecomAsync(first, $"no file of the lake in {lake}", "backup", "--force", _file));
        Assert.Equal(kept, await File.ReadAllBytesAsync(_file, Cancelled));
        Directory.Move($"{_folder}/moved", lake);

        // It comes back to where it was.
        Directory.Delete(lake, recursive: true);
        Assert.Equal(0, await FecomAsync(first, $"Paths__Lake='{lake}'", "restore", "--force", _file));
        Assert.Equal(ParquetFiles($"{second.Home}/lake"), ParquetFiles(lake));
    }

    /// <summary>Kills a backup while it writes the database: it waits there for a table.</summary>
    private async Task KilledAsync(ScriptHome home)
    {
        await using NpgsqlDataSource database = Database(home);
        await using NpgsqlConnection holding = await database.OpenConnectionAsync(Cancelled);
        await using (NpgsqlCommand hold = new("begin; lock table gold.dim_date in access exclusive mode", holding))
        {
            await hold.ExecuteNonQueryAsync(Cancelled);
        }

        await using Script backup = Script.Start(home, [], "./fecom", "backup", _file);
        await backup.UntilPrintedAsync("Writing the database", TimeSpan.FromSeconds(60));
        await Poll.UntilEqualAsync(
            1L,
            () =>
                AskAsync<long>(
                    database,
                    "select count(*) from pg_stat_activity where application_name = 'pg_dump' and wait_event_type = 'Lock'"
                ),
            TimeSpan.FromSeconds(60),
            "backups that wait for a table"
        );
        await backup.KillAsync();
    }

    /// <summary>Cut off anywhere, or with a byte of it changed: nothing of it is taken.</summary>
    [Fact(Timeout = 600_000)]
    public async Task A_backup_that_is_not_whole_is_refused_and_touches_nothing()
    {
        ScriptHome home = Home("first");
        await using (Script up = Script.Start(home, [], "./fecom", "up", "--no-sample"))
        {
            await up.UntilPrintedAsync("Running.", TimeSpan.FromSeconds(300));
            Assert.Equal(0, await FecomAsync(home, "Stopped", "down"));
        }

        // Of a home that does not run, too.
        Assert.Equal(0, await FecomAsync(home, "Backed up to", "backup", _file));
        byte[] whole = await File.ReadAllBytesAsync(_file, Cancelled);
        ScriptHome empty = Home("empty");
        // The tar's own end is 10,240 bytes at most, and the manifest stands before it.
        foreach (int length in (int[])[0, 100, whole.Length / 2, whole.Length - 12_000])
        {
            await File.WriteAllBytesAsync(_file, whole[..length], Cancelled);
            Assert.Equal(1, await FecomAsync(empty, "nothing was changed", "restore", _file));
        }

        byte[] changed = [.. whole];
        changed[whole.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(_file, changed, Cancelled);
        Assert.Equal(1, await FecomAsync(empty, "nothing was changed", "restore", _file));
        Assert.False(Directory.Exists($"{empty.Home}/postgres"), "a database was made");
        Assert.Empty(Directory.GetDirectories(empty.Home, "restore.*"));
    }

    private ScriptHome Home(string name)
    {
        Directory.CreateDirectory($"{_folder}/{name}");
        return new ScriptHome($"{_folder}/{name}", PrivateRedis.FreePort(), $"{_folder}/data");
    }

    /// <summary>Runs a command, which must print the words.</summary>
    /// <returns>Its exit code.</returns>
    private static async Task<int> FecomAsync(ScriptHome home, string words, params string[] arguments)
    {
        (int code, string output) = await Script.RunAsync(home, [], ["./fecom", .. arguments]);
        Assert.Contains(words, output, StringComparison.Ordinal);
        return code;
    }

    /// <summary>What must be the same in both homes.</summary>
    private sealed record Answers(long Events, string EventIds, string Versions, string Prediction, string Products);

    private static async Task<Answers> AnswersAsync(ScriptHome home)
    {
        await using NpgsqlDataSource database = Database(home);
        using HttpClient http = new() { BaseAddress = new Uri($"http://localhost:{home.Port}/api/v1/") };
        using JsonDocument prediction = JsonDocument.Parse(await PostAsync(home, "predictions/purchase", Instance));
        JsonElement recommended = await http.GetFromJsonAsync<JsonElement>(
            "recommendations/sessions/2f0b2524-9ba3-495e-9ff9-9980fe9b46ad?count=5",
            Cancelled
        );
        return new Answers(
            await AskAsync<long>(database, "select count(*) from bronze.event"),
            await AskAsync<string>(
                database,
                "select md5(string_agg(event_id::text, ',' order by event_id, position)) from bronze.event where position <= 10000 and source like 'file:%'"
            ),
            await AskAsync<string>(
                database,
                "select string_agg(model || version || sha256, ',' order by model, version) from training.model_version"
            ),
            prediction.RootElement.ToString(),
            string.Join(
                ',',
                recommended
                    .GetProperty("items")
                    .EnumerateArray()
                    .Select(item => $"{item.GetProperty("product_id")} {item.GetProperty("source")}")
            )
        );
    }

    /// <summary>The lake has what bronze has.</summary>
    private static async Task LakeWrittenAsync(ScriptHome home)
    {
        await using NpgsqlDataSource database = Database(home);
        await Poll.UntilAsync(
            async () =>
            {
                if (await AskAsync<long>(database, "select count(*) from lake.pending_batch") == 0)
                {
                    return true;
                }

                await PostAsync(home, "jobs/write_lake/runs", "{}");
                return false;
            },
            TimeSpan.FromSeconds(120),
            "the lake was not written"
        );
    }

    /// <summary>Names and sizes.</summary>
    private static IReadOnlyList<string> LakeFiles(ScriptHome home) => ParquetFiles($"{home.Home}/lake");

    private static IReadOnlyList<string> ParquetFiles(string lake) =>
        [
            .. Directory
                .GetFiles(lake, "*.parquet", SearchOption.AllDirectories)
                .Select(path =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{Path.GetRelativePath(lake, path)} {new FileInfo(path).Length}"
                    )
                )
                .Order(StringComparer.Ordinal),
        ];

    private static NpgsqlDataSource Database(ScriptHome home)
    {
        string socket = File.ReadLines($"{home.Home}/postgres/data/postmaster.pid").ElementAt(4);
        return NpgsqlDataSource.Create($"Host={socket};Username=fecom;Database=fecom;Pooling=false");
    }

    private static async Task<T> AskAsync<T>(NpgsqlDataSource database, string sql)
    {
        await using NpgsqlCommand command = database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Cancelled))!;
    }

    private static async Task<string> PostAsync(ScriptHome home, string call, string body)
    {
        using HttpClient http = new() { BaseAddress = new Uri($"http://localhost:{home.Port}/api/v1/") };
        using StringContent content = new(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        using HttpResponseMessage answer = await http.PostAsync(new Uri(call, UriKind.Relative), content, Cancelled);
        string text = await answer.Content.ReadAsStringAsync(Cancelled);
        Assert.True(answer.IsSuccessStatusCode, text);
        return text;
    }
}
