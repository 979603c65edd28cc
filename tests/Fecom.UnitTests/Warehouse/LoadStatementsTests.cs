using Fecom.Warehouse.PublishGold;
using Xunit;

namespace Fecom.UnitTests.Warehouse;

/// <summary>The statements for warehouses that are not here, word by word.</summary>
public sealed class LoadStatementsTests
{
    private static readonly CloudTable Cart = new(
        new GoldTable("fact_cart", ["user_session", "carted_at"]),
        [
            new("user_session", "text", IsNullable: false, null),
            new("carted_at", "timestamp with time zone", IsNullable: false, null),
            new("price", "numeric", IsNullable: true, null),
        ],
        "Cart lines."
    );

    [Fact]
    public void BigQuery_loads_the_files_and_merges_them_in_a_transaction() =>
        Assert.Equal(
            """
            -- Batch 12 of 00000000-0000-0000-0000-000000000001. Load batches in the order of their numbers; one that is loaded twice changes nothing.
            create schema if not exists gold;

            create table if not exists `gold`.`fact_cart` (`user_session` string not null, `carted_at` timestamp not null, `price` numeric, primary key (`user_session`, `carted_at`) not enforced);
            create or replace temporary table fecom_staged (`user_session` string, `carted_at` timestamp, `price` numeric, fecom_deleted bool);
            load data into temp table fecom_staged from files (format = 'PARQUET', uris = ['gs://shop/a-0.parquet', 'gs://shop/a-1.parquet']);
            begin transaction;
            merge into `gold`.`fact_cart` t using fecom_staged s on (t.`user_session` = s.`user_session` and t.`carted_at` = s.`carted_at`)
            when matched and s.fecom_deleted then delete
            when matched then update set `price` = s.`price`
            when not matched and not s.fecom_deleted then insert (`user_session`, `carted_at`, `price`) values (s.`user_session`, s.`carted_at`, s.`price`);
            commit transaction;
            drop table fecom_staged;

            """,
            Statements("merge", CloudSql.BigQuery)
        );

    [Fact]
    public void BigQuery_adds_the_columns_that_a_table_that_comes_whole_has_not_yet() =>
        Assert.Equal(
            """
            -- Batch 12 of 00000000-0000-0000-0000-000000000001. Load batches in the order of their numbers; one that is loaded twice changes nothing.
            create schema if not exists gold;

            create table if not exists `gold`.`fact_cart` (`user_session` string not null, `carted_at` timestamp not null, `price` numeric, `rank` int64, primary key (`user_session`, `carted_at`) not enforced);
            alter table `gold`.`fact_cart` add column if not exists `price` numeric, add column if not exists `rank` int64;
            create or replace temporary table fecom_staged (`user_session` string, `carted_at` timestamp, `price` numeric, `rank` int64, fecom_deleted bool);
            load data into temp table fecom_staged from files (format = 'PARQUET', uris = ['gs://shop/a-0.parquet', 'gs://shop/a-1.parquet']);
            begin transaction;
            delete from `gold`.`fact_cart` where true;
            insert into `gold`.`fact_cart` (`user_session`, `carted_at`, `price`, `rank`) select `user_session`, `carted_at`, `price`, `rank` from fecom_staged where not fecom_deleted;
            commit transaction;
            drop table fecom_staged;

            """,
            Statements("replace", CloudSql.BigQuery, Ranked)
        );

    [Fact]
    public void Snowflake_adds_the_columns_that_a_table_that_comes_whole_has_not_yet() =>
        Assert.Equal(
            """
            -- Batch 12 of 00000000-0000-0000-0000-000000000001. Load batches in the order of their numbers; one that is loaded twice changes nothing.
            create schema if not exists gold;

            create table if not exists gold.fact_cart (user_session varchar not null, carted_at timestamp_tz not null, price number(38, 9), rank number(38, 0), primary key (user_session, carted_at));
            alter table gold.fact_cart add column if not exists price number(38, 9);
            alter table gold.fact_cart add column if not exists rank number(38, 0);
            create or replace temporary table fecom_staged (user_session varchar, carted_at timestamp_tz, price number(38, 9), rank number(38, 0), fecom_deleted boolean);
            copy into fecom_staged from @fecom_stage files = ('a-0.parquet', 'a-1.parquet') file_format = (type = parquet use_logical_type = true) match_by_column_name = case_insensitive;
            begin;
            delete from gold.fact_cart;
            insert into gold.fact_cart (user_session, carted_at, price, rank) select user_session, carted_at, price, rank from fecom_staged where not fecom_deleted;
            commit;
            drop table fecom_staged;

            """,
            Statements("replace", CloudSql.Snowflake, Ranked)
        );

    [Fact]
    public void A_table_whose_columns_are_all_of_its_key_has_none_to_add() =>
        Assert.DoesNotContain(
            "alter table",
            Statements("replace", CloudSql.BigQuery, Cart with { Columns = [.. Cart.KeyColumns] }),
            StringComparison.Ordinal
        );

    [Fact]
    public void Redshift_copies_each_file_and_makes_a_table_that_comes_whole_anew() =>
        Assert.Equal(
            """
            -- Batch 12 of 00000000-0000-0000-0000-000000000001. Load batches in the order of their numbers; one that is loaded twice changes nothing.
            -- Give COPY a role that reads the store where its default is not one.
            -- A table that goes whole is dropped and made anew: grant on it with ALTER DEFAULT PRIVILEGES, and read it through views WITH NO SCHEMA BINDING.
            create schema if not exists gold;

            create temporary table fecom_staged ("user_session" varchar(65535), "carted_at" timestamptz, "price" decimal(38, 9), fecom_deleted boolean);
            copy fecom_staged ("user_session", "carted_at", "price", fecom_deleted) from 'gs://shop/a-0.parquet' iam_role default format as parquet;
            copy fecom_staged ("user_session", "carted_at", "price", fecom_deleted) from 'gs://shop/a-1.parquet' iam_role default format as parquet;
            begin;
            drop table if exists "gold"."fact_cart";
            create table if not exists "gold"."fact_cart" ("user_session" varchar(65535) not null, "carted_at" timestamptz not null, "price" decimal(38, 9), primary key ("user_session", "carted_at"));
            insert into "gold"."fact_cart" ("user_session", "carted_at", "price") select "user_session", "carted_at", "price" from fecom_staged where not fecom_deleted;
            commit;
            drop table fecom_staged;

            """,
            Statements("replace", CloudSql.Redshift)
        );

    private static CloudTable Ranked =>
        Cart with
        {
            Columns = [.. Cart.Columns, new("rank", "integer", IsNullable: true, null)],
        };

    private static string Statements(string mode, CloudSql sql, CloudTable? table = null) =>
        new LoadStatements(new CloudOptions { Stage = new() { Uri = "gs://shop" } }, "file:///lake/").Of(
            new StageManifest
            {
                Source = new Guid("00000000-0000-0000-0000-000000000001"),
                Batch = 12,
                BatchId = Guid.Empty,
                CreatedAt = DateTime.UnixEpoch,
                Tables =
                [
                    new()
                    {
                        Name = "fact_cart",
                        Mode = mode,
                        Key = Cart.Gold.Key,
                        Columns = [],
                        Files = [new("a-0.parquet", 1, 1, ""), new("a-1.parquet", 1, 1, "")],
                    },
                ],
                Statements = new Dictionary<string, string>(),
            },
            [table ?? Cart],
            sql
        );
}
