using Fecom.Learning.Recommend;

namespace Fecom.Serving.RecommendProducts;

/// <summary>Whom to recommend to.</summary>
/// <param name="Session">What the visitor does now.</param>
/// <param name="Bought">What the visitor bought on earlier visits, as far as that is known.</param>
internal sealed record Visitor(VisitorSession Session, IReadOnlyList<string> Bought)
{
    /// <summary>A visitor that nothing is known of.</summary>
    public static Visitor Unknown { get; } = new(VisitorSession.Empty, []);
}
