using System.Text.Json;
using Fecom.Testing;
using Fecom.Warehouse.QueryGold;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>Queries that people write: what gold has comes back, within limits, and nothing else can be read, changed or held up.</summary>
public sealed class QueryGoldTests(QueryStore gold) : IClassFixture<QueryStore>
{
    private const int TestTimeout = 120_000;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task Rows_come_back_with_their_types()
    {
        QueryAnswer answer = await RunAsync(
            """
            select 7 as whole, 2.50::numeric(4, 2) as exact, 1e300::float8 as wide, 'NaN'::numeric as none, true as yes, null::text as nothing,
                '2019-10-01 07:00:00.5+07'::timestamptz as moment, '2019-10-01'::date as day, '{"a": [1]}'::jsonb as json,
                array['x', 'y'] as list, row(1, 'a') as pair, 'Ấm; -- chén' as text -- the end
            """
        );

        Assert.Equal(
            "integer, numeric(4, 2), double precision, numeric, boolean, text, timestamp with time zone, date, jsonb, text[], record, text",
            string.Join(", ", answer.Columns.Select(column => column.Type))
        );
        Assert.Equal(
            """[7,2.50,1E+300,"NaN",true,null,"2019-10-01T00:00:00.5Z","2019-10-01",{"a":[1]},"{x,y}","(1,a)","Ấm; -- chén"]""",
            JsonSerializer.Serialize(
                Assert.Single(answer.Rows),
                new JsonSerializerOptions
                {
                    Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
                }
            )
        );
        Assert.Null(answer.TruncatedBy);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Every_table_of_gold_is_read_by_its_name_and_one_that_comes_later_too()
    {
        IReadOnlyList<object?> tables = Column(
            await RunAsync("select relname from pg_class where relnamespace = 'gold'::regnamespace and relkind = 'r'")
        );
        Assert.InRange(tables.Count, 10, 200);
        foreach (object? table in tables)
        {
            await RunAsync($"table {table}");
        }

        await gold.Store.ExecuteAsync("create table gold.later (one integer); insert into gold.later values (1)");
        Assert.Equal(1L, Assert.Single(Column(await RunAsync("select one from later;"))));
    }

    /// <summary>By the code with which PostgreSQL refuses each.</summary>
    [Theory(Timeout = TestTimeout)]
    [InlineData("42501", "select * from bronze.validated_event")]
    [InlineData("42501", "select password from gold_query.login")]
    [InlineData("42501", "select rolpassword from pg_authid")]
    [InlineData("42501", "select nextval('bronze.event_batch_number')")]
    // Back to the stronger role, at once or in what is run within.
    [InlineData("42601", "reset role")]
    [InlineData("42601", "set role fecom")]
    [InlineData("42601", "set session authorization default")]
    [InlineData(
        "42501",
        "select set_config('role', 'fecom', true), query_to_xml('table gold_query.login', true, true, '')"
    )]
    [InlineData("42501", "select set_config('session_authorization', 'fecom', false)")]
    [InlineData(
        "42501",
        "select set_config('role', 'none', true), query_to_xml('table gold_query.login', true, true, '')"
    )]
    // Out of the transaction, or something behind the query.
    [InlineData("42601", "commit")]
    [InlineData("42601", "rollback; table gold_query.login")]
    [InlineData("42601", "select 1; drop table gold.fact_cart")]
    [InlineData("42601", "select 1; commit; delete from gold.fact_cart")]
    [InlineData("42601", "do $$ begin commit; delete from gold.fact_cart; end $$")]
    [InlineData("42601", "explain analyze delete from gold.fact_cart")]
    // Changes.
    [InlineData("42601", "delete from gold.fact_cart")]
    [InlineData("0A000", "with gone as (delete from gold.fact_cart returning 1) select * from gone")]
    [InlineData("25006", "select * from gold.fact_cart for update")]
    [InlineData("0A000", "select query_to_xml('create temp table mine (one integer)', true, true, '')")]
    [InlineData("25006", "select gold.add_dates('2050-01-01')")]
    [InlineData("25001", "select set_config('transaction_read_only', 'off', true)")]
    // Files, programs, other servers and sessions.
    [InlineData("42501", "select pg_read_file('/etc/passwd')")]
    [InlineData("42501", "select pg_ls_dir('.')")]
    [InlineData("42501", "select lo_import('/etc/passwd')")]
    [InlineData("42501", "select lo_export(1, '/tmp/out')")]
    [InlineData("42601", "copy gold.fact_cart to program 'id'")]
    [InlineData("42601", "copy (select 1) to '/tmp/out'")]
    [InlineData("42883", "select * from dblink('dbname=postgres', 'select 1') as t(one integer)")]
    [InlineData("42501", "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'fecom'")]
    [InlineData("42501", "select pg_reload_conf()")]
    // Limits that it would set for itself.
    [InlineData("42601", "set statement_timeout = 0")]
    [InlineData("57014", "select pg_sleep(60)")]
    [InlineData("57014", "select set_config('statement_timeout', '0', false), pg_sleep(60)")]
    public async Task What_is_not_reading_gold_is_refused(string state, string sql)
    {
        QueryFaultException fault = await Assert.ThrowsAsync<QueryFaultException>(() =>
            RunAsync(sql, new QueryOptions { MaxSeconds = 1 })
        );

        Assert.True(fault.SqlState == state, $"{fault.SqlState} {fault.Message}");
        Assert.Equal(1, await gold.Store.AskAsync<long>("select count(*) from gold.fact_cart"));
    }

    /// <summary>PostgreSQL before 16 lets a transaction that only reads make one.</summary>
    [Fact(Timeout = TestTimeout)]
    public async Task A_large_object_that_a_query_makes_is_gone_with_it()
    {
        try
        {
            await RunAsync("select lo_from_bytea(0, 'x')");
        }
        catch (QueryFaultException e)
        {
            Assert.Equal("25006", e.SqlState);
        }

        Assert.Equal(0, await gold.Store.AskAsync<long>("select count(*) from pg_largeobject_metadata"));
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData("select cout(*)\nfrom gold.fact_cart", "42883", 1, 8)]
    [InlineData("select 'Ấm chén',\n  nothing from gold.fact_cart", "42703", 2, 3)]
    [InlineData("selct 1", "42601", 1, 1)]
    public async Task An_error_says_where_in_the_statement(string sql, string state, int line, int column)
    {
        QueryFaultException fault = await Assert.ThrowsAsync<QueryFaultException>(() => RunAsync(sql));

        Assert.Equal((state, line, column), (fault.SqlState, fault.Place!.Line, fault.Place.Column));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task An_answer_has_the_rows_and_bytes_that_it_may_and_says_that_there_are_more()
    {
        QueryAnswer rows = await RunAsync("select generate_series(1, 1000000)", limit: 10);
        Assert.Equal((10, "rows"), (rows.Rows.Count, rows.TruncatedBy));

        QueryAnswer whole = await RunAsync("select generate_series(1, 10)", limit: 10);
        Assert.Equal((10, null), (whole.Rows.Count, whole.TruncatedBy));

        QueryOptions small = new() { MaxKibibytes = 100 };
        QueryAnswer bytes = await RunAsync("select repeat('x', 30000) from generate_series(1, 1000)", small);
        Assert.Equal((3, "bytes"), (bytes.Rows.Count, bytes.TruncatedBy));

        QueryAnswer value = await RunAsync("select repeat('x', 50000000)", small);
        Assert.Equal((0, "bytes"), (value.Rows.Count, value.TruncatedBy));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_query_whose_caller_has_gone_ends_in_PostgreSQL_too()
    {
        const string Active =
            "select count(*) from pg_stat_activity where application_name = 'fecom query' and datname = current_database() and state = 'active' and query like 'fetch%'";
        using CancellationTokenSource gone = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task<QueryAnswer> query = Query(new QueryOptions { MaxSeconds = 25 })
            .RunAsync("select pg_sleep(20)", 10, gone.Token);
        await Poll.UntilEqualAsync(
            1,
            () => gold.Store.AskAsync<long>(Active),
            TimeSpan.FromSeconds(60),
            "queries that run"
        );

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => query);
        await Poll.UntilEqualAsync(
            0,
            () => gold.Store.AskAsync<long>(Active),
            TimeSpan.FromSeconds(10),
            "queries that run"
        );
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_role_that_was_removed_is_made_again()
    {
        await RunAsync("select 1");
        string role = await gold.Store.AskAsync<string>("select current_database() || '_query'");
        await gold.Store.ExecuteAsync($"drop owned by {role}; drop role {role}");

        Assert.Equal(role, Assert.Single(Column(await RunAsync("select current_user::text from gold.fact_cart"))));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_role_that_may_do_more_is_not_used()
    {
        using WarehouseStore store = await gold.AnotherAsync(("Warehouse:Query:Role", "fecom"));

        QueryLoginException e = await Assert.ThrowsAsync<QueryLoginException>(() =>
            store.Service<GoldQuery>().RunAsync("select 1", 1, Cancelled)
        );

        Assert.Contains("may do more than read gold", e.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_host_that_may_not_make_roles_says_what_an_administrator_runs_and_that_helps()
    {
        string database = await gold.Servers.Postgres.CreateDatabaseAsync();
        NpgsqlConnectionStringBuilder plain = new(database) { Username = $"plain_{Guid.NewGuid():N}" };
        string role = $"{plain.Database}_query";
        await using NpgsqlDataSource admin = NpgsqlDataSource.Create(database);
        await ExecuteAsync(
            admin,
            $"create role {plain.Username} login; alter database {plain.Database} owner to {plain.Username}"
        );
        using WarehouseStore store = await WarehouseStore.CreateAsync(
            gold.Servers,
            ("ConnectionStrings:Postgres", plain.ConnectionString)
        );
        GoldQuery query = store.Service<GoldQuery>();

        QueryLoginException e = await Assert.ThrowsAsync<QueryLoginException>(() =>
            query.RunAsync("select 1", 1, Cancelled)
        );

        Assert.Contains($"create role \"{role}\" login password '…';", e.Message, StringComparison.Ordinal);
        Assert.Contains("Warehouse__Query__Password", e.Message, StringComparison.Ordinal);
        // The tables are the host's own, which it grants by itself.
        await ExecuteAsync(admin, $"create role {role} login password 'chosen'");
        Assert.Single((await query.RunAsync("select count(*) from gold.fact_cart", 1, Cancelled)).Rows);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task The_verifier_of_a_password_is_the_one_that_PostgreSQL_makes()
    {
        string role = $"verified_{Guid.NewGuid():N}";
        await gold.Store.ExecuteAsync(
            $"set password_encryption = 'scram-sha-256'; create role {role} password 'pencil'"
        );
        string made = await gold.Store.AskAsync<string>($"select rolpassword from pg_authid where rolname = '{role}'");
        await gold.Store.ExecuteAsync($"drop role {role}");

        Assert.Equal(made, ScramVerifier.Of("pencil", Convert.FromBase64String(made.Split(':', '$')[2])));
    }

    private Task<QueryAnswer> RunAsync(string sql, QueryOptions? options = null, int limit = 1_000) =>
        Query(options ?? new QueryOptions()).RunAsync(sql, limit, Cancelled);

    private GoldQuery Query(QueryOptions options) =>
        new(gold.Store.Service<QueryLogin>(), Options.Create(options), TimeProvider.System);

    private static IReadOnlyList<object?> Column(QueryAnswer answer) => [.. answer.Rows.Select(row => row[0])];

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using NpgsqlCommand command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }
}

/// <summary>A warehouse with one cart.</summary>
public sealed class QueryStore(Servers servers) : IAsyncLifetime
{
    private WarehouseStore? _store;

    public Servers Servers => servers;

    internal WarehouseStore Store => _store!;

    public async ValueTask InitializeAsync()
    {
        _store = await WarehouseStore.CreateAsync(servers);
        await _store.ExecuteAsync(
            """
            insert into gold.fact_cart (user_session, product_id, user_id, date, carted_at, last_carted_at, carts, removals, purchases, price, revenue, outcome)
            values ('s', 'p', 'u', '2026-01-01', '2026-01-01Z', '2026-01-01Z', 1, 0, 0, 5, 0, 'open')
            """
        );
    }

    /// <summary>Another host's warehouse on a database of its own.</summary>
    internal Task<WarehouseStore> AnotherAsync(params (string Key, string Value)[] settings) =>
        WarehouseStore.CreateAsync(servers, settings);

    public ValueTask DisposeAsync()
    {
        _store?.Dispose();
        return ValueTask.CompletedTask;
    }
}
