using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>An admin client that remembers the library's connection errors: its calls themselves report only a timeout.</summary>
internal sealed class KafkaAdmin : IDisposable
{
    /// <summary>An older error need not be the reason of a timeout.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _time;
    private volatile Remark? _last;

    public KafkaAdmin(AdminClientConfig config, TimeProvider time)
    {
        _time = time;
        BootstrapServers = config.BootstrapServers;
        // The client looks as often for a sign to end, of which nothing but its own end depends.
        config.CancellationDelayMaxMs = 1_000;
        Client = new AdminClientBuilder(config)
            .SetErrorHandler((_, error) => Remember(error))
            .SetLogHandler((_, _) => { })
            .Build();
    }

    public string BootstrapServers { get; }

    public IAdminClient Client { get; }

    /// <summary>Why a call has failed, with the setting to look at.</summary>
    public TopicUnavailableException Explain(KafkaException e)
    {
        if (!e.Error.IsLocalError)
        {
            return new($"Kafka at {BootstrapServers}: {e.Error.Reason}", e);
        }

        Error error = _last is { } last && _time.GetElapsedTime(last.At) <= Recent ? last.Error : e.Error;
        return new($"Kafka at {BootstrapServers} does not answer: {error.Reason}. Look at {SettingOf(error.Code)}", e)
        {
            IsRefusal = IsRefusal(error.Code),
        };
    }

    public void Dispose() => Client.Dispose();

    /// <summary>Keeps the most telling error: "all brokers down" only repeats others, and a refused login says more than a connection that failed.</summary>
    private void Remember(Error error)
    {
        bool hides =
            _last is { } before
            && IsRefusal(before.Error.Code)
            && !IsRefusal(error.Code)
            && _time.GetElapsedTime(before.At) < Recent;
        if (error.Code != ErrorCode.Local_AllBrokersDown && !hides)
        {
            _last = new Remark(error, _time.GetTimestamp());
        }
    }

    private static bool IsRefusal(ErrorCode code) =>
        code is ErrorCode.Local_Authentication or ErrorCode.Local_Ssl or ErrorCode.SaslAuthenticationFailed;

    private static string SettingOf(ErrorCode code) =>
        code switch
        {
            ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed =>
                "Kafka:Security:Username, :Password and :Mechanism",
            ErrorCode.Local_Ssl => "Kafka:Security:CaLocation and :Protocol",
            ErrorCode.Local_Resolve => "Kafka:BootstrapServers",
            _ => "Kafka:BootstrapServers and Kafka:Security:Protocol, and whether Kafka runs",
        };

    private sealed record Remark(Error Error, long At);
}
