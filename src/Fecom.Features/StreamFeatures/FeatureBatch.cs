using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;

namespace Fecom.Features.StreamFeatures;

/// <summary>The states that a batch touches: as they were, stepped over its events.</summary>
internal sealed class FeatureBatch(Dictionary<string, SessionState> sessions, Dictionary<string, ProductState> products)
{
    private readonly Dictionary<string, int> _sessionPartitions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _productPartitions = new(StringComparer.Ordinal);

    /// <summary>Sessions that the batch changed, with the partition of their last event.</summary>
    public IEnumerable<(string Session, int Partition, SessionState State)> Sessions =>
        _sessionPartitions.Select(entry => (entry.Key, entry.Value, sessions[entry.Key]));

    /// <summary>Products that the batch changed, in the order of their ids, with the partition of the event that did.</summary>
    public IEnumerable<(string Product, int Partition, ProductState State)> Products =>
        _productPartitions.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => (entry.Key, entry.Value, products[entry.Key]));

    /// <summary>Steps every view over the events, as the rows of the offline store are taken: one an event.</summary>
    public IEnumerable<FeatureRow> Step(IReadOnlyList<TopicMessage<BehaviorEvent>> messages)
    {
        for (int i = 0; i < messages.Count; i++)
        {
            BehaviorEvent e = messages[i].Value;
            SessionState after = SessionView.Step(sessions.GetValueOrDefault(e.UserSession), e);
            sessions[e.UserSession] = after;
            _sessionPartitions[e.UserSession] = messages[i].Partition;
            StepProduct(e, messages[i].Partition);
            yield return new FeatureRow(e, SessionView.Features(after, e));
        }
    }

    /// <summary>The changed states as the online store takes them.</summary>
    public IReadOnlyList<FeatureState> States() =>
        [
            .. Sessions.Select(session => FeatureState.Of(session.Session, session.Partition, session.State)),
            .. Products.Select(product => FeatureState.Of(product.Product, product.Partition, product.State)),
        ];

    private void StepProduct(BehaviorEvent e, int partition)
    {
        ProductState? before = products.GetValueOrDefault(e.ProductId);
        ProductState after = ProductView.Step(before, e);
        if (!ReferenceEquals(before, after))
        {
            products[e.ProductId] = after;
            _productPartitions[e.ProductId] = partition;
        }
    }
}
