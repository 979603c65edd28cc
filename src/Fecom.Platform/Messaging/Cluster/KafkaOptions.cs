using System.ComponentModel.DataAnnotations;
using Confluent.Kafka;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Messaging;

/// <summary>How to reach Kafka. Section <c>Kafka</c>.</summary>
public sealed class KafkaOptions
{
    /// <summary>The value of <see cref="BootstrapServers"/> that starts a cluster inside this process.</summary>
    public const string Embedded = "embedded";

    /// <summary>Addresses as <c>host:port,host:port</c>, or <c>embedded</c> (the default): an in-memory cluster, started by the first of the hosts that share a PostgreSQL.</summary>
    [Required]
    public string BootstrapServers { get; set; } = Embedded;

    /// <summary>Prefix of the names of all topics and groups, so that several installations can share a cluster; up to 60 of <c>a-z A-Z 0-9 . _ -</c>. Default none.</summary>
    [RegularExpression(
        "[a-zA-Z0-9._-]{0,60}",
        ErrorMessage = "Kafka:Prefix is up to 60 letters, digits, '.', '_' and '-'."
    )]
    public string Prefix { get; set; } = "";

    /// <summary>Replicas of a topic that is created on a real cluster. Default 1.</summary>
    [Range(1, 9)]
    public short Replicas { get; set; } = 1;

    /// <summary>On an embedded cluster: bytes of a partition that some endpoint has yet to process, at which producers wait; the hosts that share the cluster have equal shares. Default 2 MiB of its 5: some seconds of events, as a sink writes an entity once however many of its events a batch has.</summary>
    [Range(64 * 1024, 3 * 1024 * 1024)]
    public int EmbeddedBacklogBytes { get; set; } = 2 * 1024 * 1024;

    /// <summary>TLS and SASL, for a real cluster. Section <c>Kafka:Security</c>.</summary>
    [ValidateObjectMembers]
    public KafkaSecurityOptions Security { get; set; } = new();

    internal bool IsEmbedded => BootstrapServers == Embedded;
}

/// <summary>How a connection to a real cluster is secured. Section <c>Kafka:Security</c>.</summary>
public sealed class KafkaSecurityOptions : IValidatableObject
{
    /// <summary><c>Plaintext</c> (the default), <c>Ssl</c>, <c>SaslPlaintext</c> or <c>SaslSsl</c>.</summary>
    public SecurityProtocol Protocol { get; set; } = SecurityProtocol.Plaintext;

    /// <summary>With SASL: <c>Plain</c>, <c>ScramSha256</c> or <c>ScramSha512</c>.</summary>
    public SaslMechanism? Mechanism { get; set; }

    /// <summary>With SASL: the user.</summary>
    public string Username { get; set; } = "";

    /// <summary>With SASL: the user's password. Comes from the environment, <c>Kafka__Security__Password</c>, not from a file in the tree.</summary>
    public string Password { get; set; } = "";

    /// <summary>With TLS: PEM file of the authorities that are trusted; empty for the system's.</summary>
    public string CaLocation { get; set; } = "";

    /// <summary>With TLS and client certificates: PEM file of ours.</summary>
    public string CertificateLocation { get; set; } = "";

    /// <summary>With TLS and client certificates: PEM file of its key.</summary>
    public string KeyLocation { get; set; } = "";

    /// <summary>The key's password, if it has one.</summary>
    public string KeyPassword { get; set; } = "";

    private bool UsesSasl => Protocol is SecurityProtocol.SaslPlaintext or SecurityProtocol.SaslSsl;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (UsesSasl && (Mechanism is null || Username.Length == 0 || Password.Length == 0))
        {
            yield return new ValidationResult(
                $"Kafka:Security:Protocol is {Protocol}, so Kafka:Security:Mechanism, :Username and :Password are needed."
            );
        }

        if ((CertificateLocation.Length == 0) != (KeyLocation.Length == 0))
        {
            yield return new ValidationResult("Kafka:Security:CertificateLocation and :KeyLocation go together.");
        }

        foreach (string file in new[] { CaLocation, CertificateLocation, KeyLocation })
        {
            if (file.Length > 0 && !File.Exists(file))
            {
                yield return new ValidationResult($"Kafka:Security names the file {file}, which is not there.");
            }
        }
    }

    internal void Apply(ClientConfig config)
    {
        config.SecurityProtocol = Protocol;
        if (UsesSasl)
        {
            config.SaslMechanism = Mechanism;
            config.SaslUsername = Username;
            config.SaslPassword = Password;
        }

        config.SslCaLocation = OrNull(CaLocation);
        config.SslCertificateLocation = OrNull(CertificateLocation);
        config.SslKeyLocation = OrNull(KeyLocation);
        config.SslKeyPassword = OrNull(KeyPassword);
    }

    private static string? OrNull(string value) => value.Length == 0 ? null : value;
}

[OptionsValidator]
internal sealed partial class KafkaOptionsValidator : IValidateOptions<KafkaOptions>;
