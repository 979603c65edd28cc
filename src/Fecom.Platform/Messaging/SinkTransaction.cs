using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>How long a sink's transaction may stand still.</summary>
public static class SinkTransaction
{
    /// <summary>
    /// Has PostgreSQL end the transaction when its host stands still for 5 s: others wait for the rows that it has locked.
    /// Goes first among the commands that lock rows of others.
    /// </summary>
    public static NpgsqlBatchCommand LimitIdle() => new("set local idle_in_transaction_session_timeout = '5s'");
}
