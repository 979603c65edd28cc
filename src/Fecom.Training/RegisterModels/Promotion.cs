using System.Text;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.Logging;

namespace Fecom.Training.RegisterModels;

/// <summary>Points aliases at versions and tells every serving process.</summary>
internal sealed partial class Promotion(
    ModelRegistry registry,
    TrialAnswer trial,
    ChampionNotes notes,
    ITopicProducer producer,
    ILogger<Promotion> logger
)
{
    /// <summary>Points an alias and announces it, if the version can be read back from the store and answers.</summary>
    public async Task<PointOutcome> PromoteAsync(AliasMove move, CancellationToken cancellationToken)
    {
        if (
            await registry.FindVersionAsync(move.Model, move.Version, cancellationToken) is { } version
            && await trial.FaultOfAsync(version, cancellationToken) is { } fault
        )
        {
            LogCannotServe(move.Model, move.Version, move.Alias, fault);
            return new PointOutcome(PointResult.CannotServe, fault);
        }

        PointResult result = await registry.PointAsync(move, cancellationToken);
        if (result == PointResult.Pointed)
        {
            LogPromoted(move.Model, move.Version, move.Alias, move.MovedBy, move.Reason);
            await AnnounceAsync(move.Model, move.Alias, cancellationToken);
        }

        return new PointOutcome(result);
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

    [LoggerMessage(LogLevel.Information, "{Model} version {Version} is the {Alias} now, moved by {MovedBy}: {Reason}")]
    private partial void LogPromoted(string model, int version, string alias, string movedBy, string reason);

    [LoggerMessage(
        LogLevel.Error,
        "{Model} version {Version} does not become the {Alias}, since it cannot serve: {Fault}"
    )]
    private partial void LogCannotServe(string model, int version, string alias, string fault);
}
