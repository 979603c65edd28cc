namespace Fecom.Learning.Views;

/// <summary>What kind of value a feature has.</summary>
public enum FeatureType
{
    /// <summary>Free text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number with a fraction.</summary>
    Number,

    /// <summary>A moment, UTC, to the microsecond.</summary>
    Timestamp,

    /// <summary>A list of texts.</summary>
    Texts,
}

/// <summary>One feature of a view, as the catalogue lists it.</summary>
/// <param name="Name">The feature's name, the same online and offline.</param>
/// <param name="Type">What kind of value it has.</param>
/// <param name="Unit">What the value counts or measures, such as <c>events</c> or <c>seconds</c>; empty for texts.</param>
/// <param name="Meaning">What it says, for a person.</param>
/// <param name="Default">Its value for an entity that nothing is known of.</param>
public record Feature(string Name, FeatureType Type, string Unit, string Meaning, FeatureValue Default);

/// <summary>A feature with the function that reads it from the view's state.</summary>
/// <typeparam name="TState">The view's state.</typeparam>
/// <param name="Name">The feature's name, the same online and offline.</param>
/// <param name="Type">What kind of value it has.</param>
/// <param name="Unit">What the value counts or measures; empty for texts.</param>
/// <param name="Meaning">What it says, for a person.</param>
/// <param name="Default">Its value for an entity that nothing is known of.</param>
/// <param name="Value">Its value in a state at a moment (UTC).</param>
public sealed record StateFeature<TState>(
    string Name,
    FeatureType Type,
    string Unit,
    string Meaning,
    FeatureValue Default,
    Func<TState, DateTime, FeatureValue> Value
) : Feature(Name, Type, Unit, Meaning, Default);
