using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>What a sink's transaction asks of PostgreSQL besides its writes.</summary>
public static class SinkTransaction
{
    /// <summary>
    /// Has PostgreSQL end the transaction when its host sends nothing for 5 s, since others wait for the rows that it has locked.
    /// Must come before the first command that locks shared rows.
    /// </summary>
    public static NpgsqlBatchCommand LimitIdle() => new("set local idle_in_transaction_session_timeout = '5s'");

    /// <summary>
    /// Has PostgreSQL plan the transaction's statements once and without their values. A plan for the values would be the same, and
    /// be made of a copy of them: of a megabyte of rows in one parameter three copies a write.
    /// </summary>
    public static NpgsqlBatchCommand PlanOnce() => new("set local plan_cache_mode = force_generic_plan");
}
