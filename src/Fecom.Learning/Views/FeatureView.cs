using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>Describes a feature view: whose features it holds, which, and how long they live online. It keeps nothing itself.</summary>
/// <param name="name">The view's name, such as <c>session</c>.</param>
/// <param name="entity">The event's field that names whom the features are about, such as <c>user_session</c>.</param>
/// <param name="timeToLive">How long the online store keeps an entity after its last event.</param>
/// <param name="features">The features, in the order in which they are read.</param>
public abstract class FeatureView(string name, string entity, TimeSpan timeToLive, IReadOnlyList<Feature> features)
{
    /// <summary>The view's name, such as <c>session</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The event's field that names whom the features are about, such as <c>user_session</c>.</summary>
    public string Entity { get; } = entity;

    /// <summary>How long the online store keeps an entity after its last event.</summary>
    public TimeSpan TimeToLive { get; } = timeToLive;

    /// <summary>The features, in the order in which <see cref="Read"/> gives their values.</summary>
    public IReadOnlyList<Feature> Features { get; } = features;

    /// <summary>The entity that an event is about; null when it names none, and then the view does not take it.</summary>
    public abstract string? EntityOf(BehaviorEvent e);

    /// <summary>The entity of this view that a row is about; null when it names none. A view of a new kind of entity says so itself.</summary>
    public virtual string? EntityOf(in EntityKeys keys) =>
        Entity switch
        {
            "user_id" => keys.UserId,
            "user_session" => keys.UserSession,
            "product_id" => keys.ProductId,
            "category_id" => keys.CategoryId,
            "brand" => keys.Brand,
            _ => null,
        };

    /// <summary>The state of an entity without events.</summary>
    public abstract EntityState Create();

    /// <summary>The state that <see cref="EntityState.Pack"/> wrote.</summary>
    /// <exception cref="FormatException">It is of another format or damaged; the message names the view and the fault.</exception>
    public abstract EntityState Unpack(ReadOnlySpan<byte> packed);

    /// <summary>The values at a moment, in the order of <see cref="Features"/>.</summary>
    /// <param name="state">A state of this view.</param>
    /// <param name="at">The moment, UTC: times to now and windows are counted from it.</param>
    /// <param name="values">Takes the values; as long as <see cref="Features"/>.</param>
    public abstract void Read(EntityState state, DateTime at, Span<FeatureValue> values);

    /// <summary>Some of the values at a moment; the others are not worked out.</summary>
    /// <param name="state">A state of this view.</param>
    /// <param name="at">The moment, UTC.</param>
    /// <param name="places">Which, by their places in <see cref="Features"/>.</param>
    /// <param name="values">Takes the values, in the order of the places.</param>
    public abstract void ReadSome(EntityState state, DateTime at, ReadOnlySpan<int> places, Span<FeatureValue> values);
}

/// <summary>A view whose features are read from states of one type.</summary>
/// <typeparam name="TState">The state.</typeparam>
/// <param name="name">The view's name.</param>
/// <param name="entity">The event's field that names whom the features are about.</param>
/// <param name="timeToLive">How long the online store keeps an entity after its last event.</param>
/// <param name="features">The features, in the order in which they are read.</param>
public abstract class StateView<TState>(
    string name,
    string entity,
    TimeSpan timeToLive,
    IReadOnlyList<StateFeature<TState>> features
) : FeatureView(name, entity, timeToLive, features)
    where TState : EntityState, new()
{
    private readonly Func<TState, DateTime, FeatureValue>[] _values = [.. features.Select(feature => feature.Value)];

    /// <inheritdoc/>
    public override TState Create() => new();

    /// <inheritdoc/>
    public override TState Unpack(ReadOnlySpan<byte> packed)
    {
        PackedReader reader = new(packed, Name);
        TState state = new();
        state.Fill(ref reader);
        reader.End();
        return state;
    }

    /// <inheritdoc/>
    public override void Read(EntityState state, DateTime at, Span<FeatureValue> values)
    {
        TState own = (TState)state;
        for (int i = 0; i < _values.Length; i++)
        {
            values[i] = _values[i](own, at);
        }
    }

    /// <inheritdoc/>
    public override void ReadSome(EntityState state, DateTime at, ReadOnlySpan<int> places, Span<FeatureValue> values)
    {
        TState own = (TState)state;
        for (int i = 0; i < places.Length; i++)
        {
            values[i] = _values[places[i]](own, at);
        }
    }
}
