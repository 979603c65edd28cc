using System.Text;
using Fecom.Platform.Messaging;
using Fecom.Platform.Retention;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Validation;

/// <summary>What is forgotten, and what must not be.</summary>
public sealed class OldRecordsTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Old_records_go_and_what_can_still_be_needed_stays()
    {
        await using ValidationHost host = await ValidationHost.StartAsync(await servers.Postgres.CreateDatabaseAsync());
        await new ShopEvents(host).SendAsync(ShopEvents.Good);
        string log = host.Services.GetRequiredService<KafkaCluster>().Id;
        const string gone = "0123456789abcdef0123456789abcdef";
        await ExecuteAsync(
            host.Database,
            $"""
            insert into platform.dead_letter (cluster, endpoint, topic, partition, message_offset, reason, key, original, failed_at, resend_asked_at, resent_at)
            select 'c', 'bronze', 't', 0, n, reason, '', '', now() - age, now() - asked, now() - done
            from (values
                (1, 'resent long ago', interval '50 days', interval '45 days', interval '40 days'),
                (2, 'resent lately', interval '400 days', interval '2 days', interval '1 day'),
                (3, 'open', interval '300 days', null, null),
                (4, 'open for too long', interval '366 days', null, null),
                (5, 'on its way', interval '500 days', interval '1 minute', null)) as l (n, reason, age, asked, done);
            insert into platform.offset_move (endpoint, partition, cluster, to_offset, requested_at, applied_at)
            select 'bronze', 0, 'c', n, now() - interval '200 days', now() - age
            from (values (1, interval '91 days'), (2, interval '89 days'), (3, null)) as m (n, age);
            insert into platform.sink_source (sink, partition, source, position, moved_at)
            select 'bronze', 0, source, 1, now() - age
            from (values
                ('kafka:{gone}/t/0', interval '1 day'), ('kafka:{log}/t/0', interval '4 years'), ('kafka:MkU3OEVBNTcwNTJENDM2Qg/t/0', interval '4 years'),
                ('file:forgotten.csv@1', interval '1096 days'), ('file:old.csv@1', interval '1094 days'), ('api', interval '4 years')) as s (source, age);
            insert into platform.sink_source (sink, partition, source, position, moved_at)
            values ('invalid-events', 0, 'file:forgotten.csv@1', 1, now() - interval '1096 days');
            """
        );

        OldRecords records = host.Services.GetRequiredService<OldRecords>();
        Assert.Equal((1, 1), await records.ForgetDeadLettersAsync(Cancelled));
        Assert.Equal(1, await records.ForgetMovesAsync(Cancelled));
        Assert.Equal(3, await records.ForgetSourcesAsync(Cancelled));

        Assert.Equal(
            0,
            await host.CountAsync($"platform.dead_letter where reason in ('resent long ago', 'open for too long')")
        );
        Assert.Equal(
            0,
            await host.CountAsync(
                $"platform.sink_source where source like 'kafka:{gone}/%' or source like 'file:forgotten%'"
            )
        );
        Assert.Equal(
            4,
            await host.CountAsync(
                $"platform.sink_source where position = 1 and source in ('kafka:{log}/t/0', 'kafka:MkU3OEVBNTcwNTJENDM2Qg/t/0', 'file:old.csv@1', 'api')"
            )
        );
        Assert.Equal((0, 0), await records.ForgetDeadLettersAsync(Cancelled));
        // What is left of the ledger still does its work.
        await new ShopEvents(host).SendAsync(ShopEvents.Good);
        await new ShopEvents(host, "file:new.csv@1").SendAsync(ShopEvents.Good);
        Assert.Equal(2, await host.CountAsync("bronze.event"));
        // What a sink takes of a source makes it young again.
        await ExecuteAsync(
            host.Database,
            "update platform.sink_source set moved_at = now() - interval '4 years' where source = 'file:new.csv@1'"
        );
        await new ShopEvents(host, "file:new.csv@1").SendAtAsync((2, Encoding.UTF8.GetBytes(ShopEvents.Good)));
        Assert.Equal(0, await records.ForgetSourcesAsync(Cancelled));
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using NpgsqlCommand command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }
}
