using System.Text;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.Logging;

namespace Fecom.Training.RegisterModels;

/// <summary>Points aliases at versions and tells every serving process.</summary>
internal sealed partial class Promotion(
    ModelRegistry registry,
    ChampionNotes notes,
    ITopicProducer producer,
    ILogger<Promotion> logger
)
{
    /// <summary>Points an alias and announces it.</summary>
    public async Task<PointResult> PromoteAsync(
        string model,
        string alias,
        int version,
        string reason,
        CancellationToken cancellationToken
    )
    {
        PointResult result = await registry.PointAsync(model, alias, version, reason, cancellationToken);
        if (result == PointResult.Pointed)
        {
            LogPromoted(model, version, alias, reason);
            await AnnounceAsync(model, alias, cancellationToken);
        }

        return result;
    }

    /// <summary>Announces again which version an alias points to, with its current warnings. A consumer that has it already loads nothing.</summary>
    public async Task AnnounceAsync(string model, string alias, CancellationToken cancellationToken)
    {
        PromotedVersion? version = await registry.FindPromotedAsync(model, alias, cancellationToken);
        if (version is not null)
        {
            (IReadOnlyList<string> known, bool isDegraded) = await notes.ReadAsync(version, cancellationToken);
            ModelPromoted promoted = new()
            {
                Model = version.Model,
                Version = version.Version,
                Alias = alias,
                ArtifactPath = version.ArtifactPath,
                Sha256 = version.Sha256,
                PromotedAt = version.PromotedAt,
                Promotion = version.Promotion,
                Notes = known,
                IsDegraded = isDegraded,
            };
            OutgoingMessage message = new(Encoding.UTF8.GetBytes(model), TopicJson.Write(promoted));
            await producer.SendAsync(Topics.ModelPromoted, [message], cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Model} version {Version} is the {Alias} now: {Reason}")]
    private partial void LogPromoted(string model, int version, string alias, string reason);
}
