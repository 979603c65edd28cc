using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Parquet.Schema;

namespace Fecom.Warehouse.PublishGold;

/// <summary>What a column holds, in the terms that all cloud warehouses share.</summary>
internal enum CloudKind
{
    Text,
    Boolean,
    SmallInteger,
    Integer,
    BigInteger,
    Numeric,
    Double,
    Date,
    Timestamp,
    LocalTimestamp,
    Uuid,
}

/// <summary>The cloud warehouses for which there is SQL.</summary>
internal enum CloudSql
{
    Postgres,
    Redshift,
    BigQuery,
    Snowflake,
}

/// <summary>A column of a table that is published.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type in PostgreSQL.</param>
/// <param name="IsNullable">Whether it may be null.</param>
/// <param name="Comment">What it holds.</param>
internal sealed record CloudColumn(string Name, string Type, bool IsNullable, string? Comment)
{
    /// <summary>Decimal places that every warehouse keeps: BigQuery's <c>numeric</c> has nine. Only PostgreSQL itself gets more.</summary>
    public const int Scale = 9;

    /// <summary>Digits of a .NET decimal, which every warehouse has.</summary>
    private const int Precision = 28;

    private static readonly Dictionary<CloudKind, (string Redshift, string BigQuery, string Snowflake)> Types = new()
    {
        [CloudKind.Text] = ("varchar(65535)", "string", "varchar"),
        [CloudKind.Boolean] = ("boolean", "bool", "boolean"),
        [CloudKind.SmallInteger] = ("smallint", "int64", "number(38, 0)"),
        [CloudKind.Integer] = ("integer", "int64", "number(38, 0)"),
        [CloudKind.BigInteger] = ("bigint", "int64", "number(38, 0)"),
        [CloudKind.Numeric] = ("decimal(38, 9)", "numeric", "number(38, 9)"),
        [CloudKind.Double] = ("double precision", "float64", "float"),
        [CloudKind.Date] = ("date", "date", "date"),
        [CloudKind.Timestamp] = ("timestamptz", "timestamp", "timestamp_tz"),
        [CloudKind.LocalTimestamp] = ("timestamp", "datetime", "timestamp_ntz"),
        [CloudKind.Uuid] = ("varchar(36)", "string", "varchar"),
    };

    /// <exception cref="InvalidDataException">No cloud warehouse's type is known for the column's.</exception>
    public CloudKind Kind =>
        Type switch
        {
            "text" or "jsonb" => CloudKind.Text,
            "boolean" => CloudKind.Boolean,
            "smallint" => CloudKind.SmallInteger,
            "integer" => CloudKind.Integer,
            "bigint" => CloudKind.BigInteger,
            "double precision" => CloudKind.Double,
            "date" => CloudKind.Date,
            "timestamp with time zone" => CloudKind.Timestamp,
            "timestamp without time zone" => CloudKind.LocalTimestamp,
            "uuid" => CloudKind.Uuid,
            _ when Type.StartsWith("numeric", StringComparison.Ordinal) => CloudKind.Numeric,
            _ when Type.StartsWith("character varying", StringComparison.Ordinal) => CloudKind.Text,
            _ => throw new InvalidDataException(
                $"Column {Name} of gold is {Type}, for which no type of a cloud warehouse is known."
            ),
        };

    /// <summary>Its type in a warehouse.</summary>
    public string TypeIn(CloudSql sql) =>
        sql switch
        {
            CloudSql.Postgres => Type,
            CloudSql.Redshift => Types[Kind].Redshift,
            CloudSql.BigQuery => Types[Kind].BigQuery,
            _ => Types[Kind].Snowflake,
        };

    /// <summary>Its type as a parameter of a statement for Redshift.</summary>
    public NpgsqlDbType Parameter =>
        Kind switch
        {
            CloudKind.Boolean => NpgsqlDbType.Boolean,
            CloudKind.SmallInteger => NpgsqlDbType.Smallint,
            CloudKind.Integer => NpgsqlDbType.Integer,
            CloudKind.BigInteger => NpgsqlDbType.Bigint,
            CloudKind.Numeric => NpgsqlDbType.Numeric,
            CloudKind.Double => NpgsqlDbType.Double,
            CloudKind.Date => NpgsqlDbType.Date,
            CloudKind.Timestamp => NpgsqlDbType.TimestampTz,
            CloudKind.LocalTimestamp => NpgsqlDbType.Timestamp,
            _ => NpgsqlDbType.Varchar,
        };

    /// <summary>
    /// Its field in a Parquet file. Every one may be null: of a deleted row only the key is there. Ids of 128 bits are text, as
    /// BigQuery and Snowflake would read bytes.
    /// </summary>
    public DataField Field() =>
        Kind switch
        {
            CloudKind.Boolean => new DataField(Name, typeof(bool), isNullable: true),
            CloudKind.SmallInteger or CloudKind.Integer => new DataField(Name, typeof(int), isNullable: true),
            CloudKind.BigInteger => new DataField(Name, typeof(long), isNullable: true),
            CloudKind.Numeric => new DecimalDataField(Name, Precision, Scale, isNullable: true),
            CloudKind.Double => new DataField(Name, typeof(double), isNullable: true),
            CloudKind.Date => new DateTimeDataField(Name, DateTimeFormat.Date, isNullable: true),
            CloudKind.Timestamp => Moment(isAdjustedToUtc: true),
            CloudKind.LocalTimestamp => Moment(isAdjustedToUtc: false),
            _ => new DataField(Name, typeof(string), isNullable: true),
        };

    /// <summary>Its value in a row of gold, as Parquet and Redshift take it; null when it is null.</summary>
    public object? Read(NpgsqlDataReader row, int ordinal) =>
        row.IsDBNull(ordinal)
            ? null
            : Kind switch
            {
                CloudKind.Boolean => row.GetBoolean(ordinal),
                CloudKind.SmallInteger => (int)row.GetInt16(ordinal),
                CloudKind.Integer => row.GetInt32(ordinal),
                CloudKind.BigInteger => row.GetInt64(ordinal),
                CloudKind.Numeric => decimal.Round(row.GetDecimal(ordinal), Scale),
                CloudKind.Double => row.GetDouble(ordinal),
                CloudKind.Date => row.GetFieldValue<DateOnly>(ordinal).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc),
                CloudKind.Timestamp or CloudKind.LocalTimestamp => row.GetDateTime(ordinal),
                CloudKind.Uuid => row.GetGuid(ordinal).ToString("D", CultureInfo.InvariantCulture),
                _ => row.GetFieldValue<string>(ordinal),
            };

    private DateTimeDataField Moment(bool isAdjustedToUtc) =>
        new(
            Name,
            DateTimeFormat.Timestamp,
            isAdjustedToUTC: isAdjustedToUtc,
            unit: DateTimeTimeUnit.Micros,
            isNullable: true
        );
}
