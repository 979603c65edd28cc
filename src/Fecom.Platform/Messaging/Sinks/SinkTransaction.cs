using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>How long a sink's transaction may be idle.</summary>
public static class SinkTransaction
{
    /// <summary>
    /// Has PostgreSQL end the transaction when its host sends nothing for 5 s, since others wait for the rows that it has locked.
    /// Must come before the first command that locks shared rows.
    /// </summary>
    public static NpgsqlBatchCommand LimitIdle() => new("set local idle_in_transaction_session_timeout = '5s'");
}
