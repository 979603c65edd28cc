using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.IntegrationTests.Storage;

/// <summary>Rows written in PostgreSQL's own format, read back by its client.</summary>
public sealed class BinaryCopyTests(Servers servers)
{
    private const string Copy = "copy r (i, s, b, t, u, w, n) from stdin (format binary)";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_value_is_read_back_as_it_was_written()
    {
        await using NpgsqlDataSource database = await TableAsync();
        Row[] rows = [.. Edges(), .. Enumerable.Range(0, 20_000).Select(new Maker(seed: 3).Row)];

        await using (NpgsqlConnection connection = await database.OpenConnectionAsync(Cancelled))
        await using (BinaryCopy copy = await BinaryCopy.BeginAsync(connection, Copy, Cancelled))
        {
            foreach (Row row in rows)
            {
                Write(copy, row);
                if (copy.IsFull)
                {
                    await copy.FlushAsync(Cancelled);
                }
            }

            await copy.CompleteAsync(Cancelled);
        }

        // A page with room left takes a later row, so the order on the disk says nothing.
        Assert.True(
            rows.OrderBy(row => row.Long).SequenceEqual((await ReadAsync(database)).OrderBy(row => row.Long)),
            "rows differ"
        );
    }

    [Fact]
    public async Task A_scale_is_kept_as_the_client_library_keeps_it()
    {
        await using NpgsqlDataSource database = await TableAsync();
        decimal[] values =
        [
            0m,
            0.00m,
            1.50m,
            100m,
            10_000m,
            0.0001m,
            0.00010m,
            -12_345.6789m,
            decimal.MaxValue,
            decimal.MinValue,
            1e-28m,
        ];
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(Cancelled);
        await using (
            BinaryCopy copy = await BinaryCopy.BeginAsync(
                connection,
                "copy r (n) from stdin (format binary)",
                Cancelled
            )
        )
        {
            foreach (decimal value in values)
            {
                copy.StartRow(1);
                copy.Write(value);
            }

            await copy.CompleteAsync(Cancelled);
        }

        await using NpgsqlCommand text = new("select n::text from r", connection);
        await using NpgsqlDataReader reader = await text.ExecuteReaderAsync(Cancelled);
        foreach (decimal value in values)
        {
            Assert.True(await reader.ReadAsync(Cancelled));
            Assert.Equal(value.ToString(System.Globalization.CultureInfo.InvariantCulture), reader.GetString(0));
        }
    }

    [Fact]
    public async Task A_copy_that_is_not_completed_writes_nothing_and_leaves_the_connection_usable()
    {
        await using NpgsqlDataSource database = await TableAsync();
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(Cancelled);
        await using (BinaryCopy copy = await BinaryCopy.BeginAsync(connection, Copy, Cancelled))
        {
            Write(copy, new Maker(seed: 4).Row(0));
            await copy.FlushAsync(Cancelled);
        }

        await using NpgsqlCommand count = new("select count(*) from r", connection);
        Assert.Equal(0L, await count.ExecuteScalarAsync(Cancelled));
    }

    [Fact]
    public async Task What_PostgreSQL_refuses_is_told()
    {
        await using NpgsqlDataSource database = await TableAsync();
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(Cancelled);
        await using BinaryCopy copy = await BinaryCopy.BeginAsync(connection, Copy, Cancelled);
        copy.StartRow(2);
        copy.WriteNull();
        copy.WriteNull();

        await Assert.ThrowsAsync<PostgresException>(() => copy.CompleteAsync(Cancelled));
    }

    private async Task<NpgsqlDataSource> TableAsync()
    {
        NpgsqlDataSource database = NpgsqlDataSource.Create(await servers.Postgres.CreateDatabaseAsync());
        await using NpgsqlCommand create = database.CreateCommand(
            "create table r (i integer, s smallint, b bigint, t timestamptz, u uuid, w text, n numeric)"
        );
        await create.ExecuteNonQueryAsync(Cancelled);
        return database;
    }

    private static void Write(BinaryCopy copy, Row row)
    {
        copy.StartRow(7);
        copy.Write(row.Int);
        copy.Write(row.Short);
        copy.Write(row.Long);
        copy.Write(row.Time);
        copy.Write(row.Uuid);
        copy.Write(row.Text);
        copy.Write(row.Number);
    }

    private static async Task<List<Row>> ReadAsync(NpgsqlDataSource database)
    {
        await using NpgsqlCommand command = database.CreateCommand("select i, s, b, t, u, w, n from r");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(Cancelled);
        List<Row> rows = [];
        while (await reader.ReadAsync(Cancelled))
        {
            rows.Add(
                new Row(
                    reader.GetInt32(0),
                    reader.GetInt16(1),
                    reader.GetInt64(2),
                    reader.GetDateTime(3),
                    reader.GetGuid(4),
                    reader.IsDBNull(5) ? null : reader.GetString(5),
                    reader.GetDecimal(6)
                )
            );
        }

        return rows;
    }

    private static IEnumerable<Row> Edges()
    {
        DateTime[] times =
        [
            new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc),
            new(1999, 12, 31, 23, 59, 59, 999, 999, DateTimeKind.Utc),
            new(1, 1, 1, 0, 0, 0, 1, DateTimeKind.Utc),
        ];
        decimal[] numbers =
        [
            0,
            1,
            -1,
            9_999,
            10_000,
            0.1m,
            0.0001m,
            0.00001m,
            9999.9999m,
            10_000.0001m,
            79228162514264337593543950335m,
            -79228162514264337593543950335m,
        ];
        return numbers.Select(
            (number, i) =>
                new Row(
                    int.MinValue,
                    short.MaxValue,
                    long.MinValue + i,
                    times[i % times.Length],
                    Guid.Empty,
                    i % 2 == 0 ? "" : null,
                    number
                )
        );
    }

    private sealed record Row(int Int, short Short, long Long, DateTime Time, Guid Uuid, string? Text, decimal Number);

    private sealed class Maker(int seed)
    {
        private static readonly string[] Texts = ["a", "löwe", "日本語", "👍🏽", "x y\tz", new string('w', 200_000)];
        private readonly Random _random = new(seed);

        public Row Row(int i) =>
            new(
                _random.Next(),
                (short)_random.Next(short.MinValue, short.MaxValue),
                _random.NextInt64(),
                new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(
                    _random.NextInt64(TimeSpan.TicksPerDay) / 10 * 10
                ),
                new Guid([.. Enumerable.Range(0, 16).Select(_ => (byte)_random.Next(256))]),
                Texts[_random.Next(_random.Next(500) == 0 ? Texts.Length : Texts.Length - 1)],
                new decimal(
                    _random.Next(),
                    _random.Next(4) == 0 ? _random.Next() : 0,
                    _random.Next(8) == 0 ? _random.Next() : 0,
                    i % 2 == 0,
                    (byte)_random.Next(29)
                )
            );
    }
}
