using System.Text;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.Logging;

namespace Fecom.Training.RegisterModels;

/// <summary>Points aliases at versions and tells every serving process.</summary>
internal sealed partial class Promotion(
    ModelRegistry registry,
    ITopicProducer producer,
    TimeProvider time,
    ILogger<Promotion> logger
)
{
    /// <summary>Points an alias and announces it.</summary>
    /// <returns>The version; null when there is none such.</returns>
    public async Task<RegisteredVersion?> PromoteAsync(
        string model,
        string alias,
        int version,
        string reason,
        CancellationToken cancellationToken
    )
    {
        if (!await registry.PointAsync(model, alias, version, reason, cancellationToken))
        {
            return null;
        }

        LogPromoted(model, version, alias, reason);
        return await AnnounceAsync(model, alias, cancellationToken);
    }

    /// <summary>Says again what an alias stands for. Whoever has it already does nothing.</summary>
    /// <returns>What was announced; null when the alias stands for nothing.</returns>
    public async Task<RegisteredVersion?> AnnounceAsync(string model, string alias, CancellationToken cancellationToken)
    {
        RegisteredVersion? version = await registry.FindAsync(model, alias, cancellationToken);
        if (version is not null)
        {
            ModelPromoted promoted = new()
            {
                Model = version.Model,
                Version = version.Version,
                Alias = alias,
                ArtifactPath = version.ArtifactPath,
                Sha256 = version.Sha256,
                PromotedAt = time.GetUtcNow().UtcDateTime,
            };
            OutgoingMessage message = new(Encoding.UTF8.GetBytes(model), TopicJson.Write(promoted));
            await producer.SendAsync(Topics.ModelPromoted, [message], cancellationToken);
        }

        return version;
    }

    [LoggerMessage(LogLevel.Information, "{Model} version {Version} is the {Alias} now: {Reason}")]
    private partial void LogPromoted(string model, int version, string alias, string reason);
}
