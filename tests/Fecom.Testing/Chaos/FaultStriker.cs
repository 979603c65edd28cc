using Fecom.Contracts;

namespace Fecom.Testing.Chaos;

/// <summary>Strikes a plan's faults at their moments, and repairs each while the next may already come.</summary>
internal sealed class FaultStriker(
    ChaosServers servers,
    ChaosHost host,
    ChaosBroker? broker,
    ProgressWatch watch,
    EventPoster poster,
    TimeProvider time,
    Action<string> say
)
{
    private readonly Dictionary<FaultTarget, Task> _repairs = [];

    /// <summary>Completes when every fault has struck and every server runs again.</summary>
    public async Task RunAsync(ChaosPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            foreach (Fault fault in plan.Faults)
            {
                await watch.ReachedAsync(fault.Row, cancellationToken);
                await Task.Delay(fault.Delay, time, cancellationToken);
                await _repairs.GetValueOrDefault(fault.Target, Task.CompletedTask);
                say($"{fault} (bronze has row {watch.Rows})");
                long struck = time.GetTimestamp();
                await StrikeAsync(fault);
                watch.Struck(fault.Kind, struck, poster.Accepted);
                _repairs[fault.Target] = RepairAsync(fault);
            }
        }
        finally
        {
            await Task.WhenAll(_repairs.Values);
        }
    }

    private async Task StrikeAsync(Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.HostKilled:
                await host.KillAsync();
                break;
            case FaultKind.PostgresKilled:
                await servers.Postgres.KillAsync();
                break;
            case FaultKind.RedisRestarted:
                await servers.Redis.SaveAsync();
                // What comes now will be lost with the process.
                await Task.Delay(fault.Lasting / 2, time);
                await servers.Redis.KillAsync();
                break;
            case FaultKind.RedisWiped:
                await servers.Redis.KillAsync();
                break;
            case FaultKind.RedisFlushed:
                await servers.Redis.FlushAsync();
                break;
            case FaultKind.RedisHeld:
                await servers.Redis.HoldAsync(still: true);
                break;
            case FaultKind.BrokerCut:
                broker!.Cut(off: true);
                break;
            case FaultKind.BrokerKilled:
                await servers.Kafka!.KillAsync(fault.Which!.Value);
                break;
            case FaultKind.BrokerRestarted:
                await servers.Kafka!.StopAsync(fault.Which!.Value);
                break;
            case FaultKind.BrokerPaused:
                await servers.Kafka!.PauseAsync(fault.Which!.Value);
                break;
            case FaultKind.AllBrokersDown:
                await Task.WhenAll(Enumerable.Range(1, ChaosPlan.RealBrokers).Select(servers.Kafka!.KillAsync));
                break;
            case FaultKind.LeaderMoved:
                await servers.Kafka!.MoveLeaderAsync(Topics.RawUserBehavior, fault.Which!.Value);
                await servers.Kafka.MoveLeaderAsync(Topics.ValidatedUserBehavior, fault.Which.Value);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault.Kind, null);
        }
    }

    private async Task RepairAsync(Fault fault)
    {
        await Task.Delay(fault.Kind == FaultKind.RedisRestarted ? fault.Lasting / 2 : fault.Lasting, time);
        switch (fault.Kind)
        {
            case FaultKind.HostKilled:
                host.Start();
                break;
            case FaultKind.PostgresKilled:
                await servers.Postgres.StartServerAsync();
                break;
            case FaultKind.RedisRestarted:
                await servers.Redis.StartServerAsync(fromSnapshot: true);
                break;
            case FaultKind.RedisWiped:
                await servers.Redis.StartServerAsync();
                break;
            case FaultKind.RedisHeld:
                await servers.Redis.HoldAsync(still: false);
                break;
            case FaultKind.BrokerCut:
                broker!.Cut(off: false);
                break;
            case FaultKind.BrokerKilled:
            case FaultKind.BrokerRestarted:
                await servers.Kafka!.RestartAsync(fault.Which!.Value);
                break;
            case FaultKind.BrokerPaused:
                await servers.Kafka!.ResumeAsync(fault.Which!.Value);
                break;
            case FaultKind.AllBrokersDown:
                // None answers before two of them are there.
                await Task.WhenAll(Enumerable.Range(1, ChaosPlan.RealBrokers).Select(servers.Kafka!.RestartAsync));
                break;
        }
    }
}
