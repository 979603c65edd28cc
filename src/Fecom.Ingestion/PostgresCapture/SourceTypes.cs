using Dapper;
using Npgsql;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>Looks up the types of columns. A domain is its base type, as its values are written alike.</summary>
internal sealed class SourceTypes(SourceDatabase source)
{
    /// <summary>Types that users make, domains among them, begin here.</summary>
    private const uint FirstOfUsers = 16_384;

    private const int UsualMoneyDigits = 2;

    /// <summary>Columns with their base types; those of the replication stream come without.</summary>
    public async Task<SourceColumn[]> ResolveAsync(
        IReadOnlyList<SourceColumn> columns,
        CancellationToken cancellationToken
    )
    {
        if (!columns.Any(column => column.Type is >= FirstOfUsers or ChangeJson.Money))
        {
            return [.. columns];
        }

        await using NpgsqlConnection connection = await source.OpenAsync(cancellationToken);
        return await ResolveAsync(connection, columns, cancellationToken);
    }

    /// <summary>The same over an open connection. A type that was dropped meanwhile is left as it is, and its values are written as text.</summary>
    public static async Task<SourceColumn[]> ResolveAsync(
        NpgsqlConnection connection,
        IReadOnlyList<SourceColumn> columns,
        CancellationToken cancellationToken
    )
    {
        Dictionary<uint, uint> types = await BaseTypesAsync(
            connection,
            [.. columns.Where(column => column.Type >= FirstOfUsers).Select(column => (long)column.Type).Distinct()],
            cancellationToken
        );
        SourceColumn[] resolved =
        [
            .. columns.Select(column => column with { Type = types.GetValueOrDefault(column.Type, column.Type) }),
        ];
        if (!Array.Exists(resolved, column => column.Type == ChangeJson.Money))
        {
            return resolved;
        }

        int digits =
            await connection.ExecuteScalarAsync<int?>(
                new CommandDefinition("select scale(1::money::numeric)", cancellationToken: cancellationToken)
            ) ?? UsualMoneyDigits;
        return [.. resolved.Select(column => column with { MoneyDigits = digits })];
    }

    private static async Task<Dictionary<uint, uint>> BaseTypesAsync(
        NpgsqlConnection connection,
        long[] types,
        CancellationToken cancellationToken
    )
    {
        if (types.Length == 0)
        {
            return [];
        }

        IEnumerable<(long Type, long Base)> bases = await connection.QueryAsync<(long Type, long Base)>(
            new CommandDefinition(
                """
                with recursive step as (
                    select oid as type, oid as base, typtype, typbasetype from pg_type where oid = any(@types::bigint[]::oid[])
                    union all
                    select step.type, t.oid, t.typtype, t.typbasetype from step join pg_type t on t.oid = step.typbasetype where step.typtype = 'd'
                )
                select type::bigint, base::bigint from step where typtype <> 'd'
                """,
                new { types },
                cancellationToken: cancellationToken
            )
        );
        return bases.ToDictionary(type => (uint)type.Type, type => (uint)type.Base);
    }
}
