using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Fecom.IntegrationTests.Validation;
using Fecom.Platform.Hosts;
using Fecom.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>A cluster that asks who comes, and grants only what was granted: what is wrong is said at once and in the library's words.</summary>
public sealed class SecureKafkaTests(Servers servers) : IAsyncLifetime
{
    private RealKafka? _kafka;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (RealKafka.MissingOwn is null)
        {
            _kafka = await RealKafka.StartAsync(own: true, security: "sasl-tls");
        }
    }

    public ValueTask DisposeAsync() => _kafka?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact(Timeout = 240_000)]
    public async Task An_account_or_a_certificate_that_is_wrong_ends_the_start_and_a_wrong_protocol_is_said_within_seconds()
    {
        RealKafka kafka = Kafka();
        string anotherCa = await AnotherAuthorityAsync(Path.GetDirectoryName(kafka.CaFile)!);
        foreach (
            ((string, string) wrong, string message, string look) in new[]
            {
                (("Kafka:Security:Password", "wrong"), "uthentication", "Kafka:Security:Username, :Password"),
                (("Kafka:Security:Username", "nobody"), "uthentication", "Kafka:Security:Username, :Password"),
                (("Kafka:Security:CaLocation", anotherCa), "certificate", "Kafka:Security:CaLocation"),
            }
        )
        {
            Stopwatch watch = Stopwatch.StartNew();
            string database = await servers.Postgres.CreateDatabaseAsync();
            StartException e = await Assert.ThrowsAsync<StartException>(() =>
                StartAsync(kafka, database, "fecom", [wrong])
            );
            TestContext.Current.TestOutputHelper!.WriteLine($"{watch.Elapsed.TotalSeconds:0.0} s: {e.Message}");
            Assert.Contains(message, e.Message, StringComparison.Ordinal);
            Assert.Contains(look, e.Message, StringComparison.Ordinal);
        }

        await using ValidationHost host = await StartAsync(
            kafka,
            await servers.Postgres.CreateDatabaseAsync(),
            "fecom",
            [("Kafka:Security:Protocol", "Plaintext")]
        );
        HealthReportEntry health = await host.HealthAsync("kafka");
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains("Kafka:Security:Protocol", health.Description, StringComparison.Ordinal);
    }

    [Fact(Timeout = 240_000)]
    public async Task Rights_that_are_missing_are_named_and_all_is_well_once_they_are_granted_without_any_message()
    {
        RealKafka kafka = Kafka();
        using IAdminClient admin = kafka.Admin();
        await admin.AlterUserScramCredentialsAsync([
            new UserScramCredentialUpsertion
            {
                User = "guest",
                Password = "guest-secret"u8.ToArray(),
                ScramCredentialInfo = new() { Mechanism = ScramMechanism.ScramSha512, Iterations = 4_096 },
            },
        ]);
        await using ValidationHost host = await StartAsync(
            kafka,
            await servers.Postgres.CreateDatabaseAsync(),
            "guest",
            [("Kafka:Security:Password", "guest-secret")]
        );

        Assert.Contains("Grant it rights", (await host.HealthAsync("kafka")).Description, StringComparison.Ordinal);

        AclOperation[] operations =
        [
            AclOperation.Create,
            AclOperation.Describe,
            AclOperation.Write,
            AclOperation.DescribeConfigs,
        ];
        await admin.CreateAclsAsync([
            .. operations.Select(operation => Grant(ResourceType.Topic, operation)),
            Grant(ResourceType.Group, AclOperation.Read),
        ]);
        await Poll.UntilAsync(
            async () =>
                (await host.HealthAsync("endpoints")).Description?.Contains(
                    "bronze waits: Kafka: ",
                    StringComparison.Ordinal
                ) == true,
            TimeSpan.FromSeconds(60),
            "the right that is missing is not said"
        );
        Assert.Contains("uthoriz", (await host.HealthAsync("endpoints")).Description, StringComparison.Ordinal);

        await admin.CreateAclsAsync([Grant(ResourceType.Topic, AclOperation.Read)]);
        await Poll.UntilEqualAsync(
            HealthStatus.Healthy,
            async () => (await host.HealthAsync("endpoints")).Status,
            TimeSpan.FromSeconds(60),
            "the endpoints"
        );
        Assert.Equal(HealthStatus.Healthy, (await host.HealthAsync("kafka")).Status);
        await new ShopEvents(host).SendAsync(ShopEvents.Good);
        Assert.Equal(1, await host.CountAsync("bronze.event"));
    }

    private RealKafka Kafka()
    {
        Assert.SkipWhen(_kafka is null, RealKafka.MissingOwn ?? "");
        return _kafka!;
    }

    private static Task<ValidationHost> StartAsync(
        RealKafka kafka,
        string database,
        string user,
        (string Key, string Value)[] others
    )
    {
        Dictionary<string, string> settings = new(StringComparer.Ordinal)
        {
            ["Kafka:BootstrapServers"] = kafka.BootstrapServers,
            ["Kafka:Security:Protocol"] = "SaslSsl",
            ["Kafka:Security:Mechanism"] = "ScramSha512",
            ["Kafka:Security:Username"] = user,
            ["Kafka:Security:Password"] = "fecom-secret",
            ["Kafka:Security:CaLocation"] = kafka.CaFile,
        };
        foreach ((string key, string value) in others)
        {
            settings[key] = value;
        }

        return ValidationHost.StartAsync(database, [.. settings.Select(setting => (setting.Key, setting.Value))]);
    }

    private static AclBinding Grant(ResourceType type, AclOperation operation) =>
        new()
        {
            Pattern = new()
            {
                Type = type,
                Name = "*",
                ResourcePatternType = ResourcePatternType.Literal,
            },
            Entry = new()
            {
                Principal = "User:guest",
                Host = "*",
                Operation = operation,
                PermissionType = AclPermissionType.Allow,
            },
        };

    /// <summary>A certificate that has signed nothing.</summary>
    private static async Task<string> AnotherAuthorityAsync(string folder)
    {
        using System.Security.Cryptography.ECDsa key = System.Security.Cryptography.ECDsa.Create();
        System.Security.Cryptography.X509Certificates.CertificateRequest request = new(
            "CN=another",
            key,
            System.Security.Cryptography.HashAlgorithmName.SHA256
        );
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using System.Security.Cryptography.X509Certificates.X509Certificate2 certificate = request.CreateSelfSigned(
            now.AddDays(-1),
            now.AddDays(1)
        );
        string file = Path.Combine(folder, "another-ca.pem");
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem(), Cancelled);
        return file;
    }
}
