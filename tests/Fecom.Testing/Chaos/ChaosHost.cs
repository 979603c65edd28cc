using System.Net.Http.Json;
using System.Text.Json;

namespace Fecom.Testing.Chaos;

/// <summary>The host of a run, killed and started again; what each of its lives said is kept.</summary>
internal sealed class ChaosHost(string postgres, string redis, RealKafka? kafka, string folder) : IAsyncDisposable
{
    private readonly List<HostProcess> _lives = [];
    private HostProcess? _killed;

    /// <summary>How it differs from a shop's.</summary>
    /// <param name="kafka">The real brokers; null where Kafka is embedded.</param>
    public static (string Name, string Value)[] Settings(RealKafka? kafka) =>
        [
            ("Kafka__BootstrapServers", kafka?.BootstrapServers ?? "embedded"),
            ("Kafka__Replicas", $"{(kafka is null ? 1 : ChaosPlan.RealBrokers)}"),
            // Learning from the load is not what is tested here, and would take half of the machine.
            ("Training__TrainAfterFirstLoad", "false"),
        ];

    /// <summary>A client of the present life's API.</summary>
    public HttpClient Http => _lives[^1].Http;

    /// <summary>Starts it without waiting.</summary>
    public void Start() => _lives.Add(HostProcess.Start(postgres, redis, folder, Settings(kafka)));

    /// <summary>kill -9.</summary>
    public Task KillAsync()
    {
        ThrowIfEnded();
        _killed = _lives[^1];
        return _killed.KillAsync();
    }

    /// <summary>Its sources, as the API tells; null while it does not answer.</summary>
    public async Task<JsonElement?> SourcesAsync(CancellationToken cancellationToken)
    {
        ThrowIfEnded();
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            JsonElement body = await Http.GetFromJsonAsync<JsonElement>(
                new Uri("/api/v1/ingestion/sources", UriKind.Relative),
                timeout.Token
            );
            return body.GetProperty("sources");
        }
        catch (Exception e)
            when (e is HttpRequestException or IOException or OperationCanceledException
                && !cancellationToken.IsCancellationRequested
            )
        {
            return null;
        }
    }

    /// <summary>Fails when it ends and nobody killed it: nothing that happens to its servers may end it.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(200));
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            ThrowIfEnded();
        }
    }

    /// <summary>Stops the present life, and keeps what each life said in the run's folder.</summary>
    public async ValueTask DisposeAsync()
    {
        for (int i = 0; i < _lives.Count; i++)
        {
            try
            {
                await _lives[i].DisposeAsync();
            }
            finally
            {
                await File.WriteAllTextAsync($"{folder}/host-{i + 1}.log", _lives[i].Output);
            }
        }
    }

    private void ThrowIfEnded()
    {
        if (_lives[^1] != _killed && _lives[^1].ExitCode is { } code)
        {
            throw new ChaosException($"the host ended by itself with exit code {code}");
        }
    }
}
