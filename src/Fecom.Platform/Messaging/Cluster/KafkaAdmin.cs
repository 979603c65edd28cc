using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>An administrator's client, and what the library says of its connections: its calls tell only that they took too long.</summary>
internal sealed class KafkaAdmin : IDisposable
{
    /// <summary>What was said longer ago need not be the reason now.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _time;
    private volatile Remark? _last;

    public KafkaAdmin(AdminClientConfig config, TimeProvider time)
    {
        _time = time;
        BootstrapServers = config.BootstrapServers;
        Client = new AdminClientBuilder(config)
            .SetErrorHandler((_, error) => Hear(error))
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

        Error error = _last is { } said && _time.GetElapsedTime(said.At) <= Recent ? said.Error : e.Error;
        return new($"Kafka at {BootstrapServers} does not answer: {error.Reason}. Look at {SettingOf(error.Code)}", e)
        {
            IsRefusal = IsRefusal(error.Code),
        };
    }

    public void Dispose() => Client.Dispose();

    /// <summary>That no broker is left says nothing new; and a broker that lets nobody in says more than another that is away.</summary>
    private void Hear(Error error)
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
