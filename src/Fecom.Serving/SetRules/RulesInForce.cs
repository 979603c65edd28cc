using Fecom.Learning.Merchandising;

namespace Fecom.Serving.SetRules;

/// <summary>What recommendations go by at one moment.</summary>
/// <param name="Rules">The rules.</param>
/// <param name="OutOfStock">Products that are out of stock.</param>
internal sealed record RulesSnapshot(MerchandisingRules Rules, IReadOnlySet<string> OutOfStock);

/// <summary>The rules and the stock in memory: no request asks PostgreSQL for them.</summary>
internal sealed class RulesInForce
{
    private volatile RulesSnapshot _current = new(MerchandisingRules.None, new HashSet<string>());

    /// <summary>What holds now.</summary>
    public RulesSnapshot Current
    {
        get => _current;
        set => _current = value;
    }
}
