namespace Fecom.Learning.NextItem;

/// <summary>Names what is two transitions away from the session's last product, by its strongest ones.</summary>
internal sealed class TwoStepSource(PairTable pairs)
{
    private PairTable _pairs = pairs;

    /// <summary>Goes on with another table.</summary>
    public void Move(PairTable to) => _pairs = to;

    /// <summary>Adds the source's signal to a table.</summary>
    public void Score(SessionQuery query, ScoreTable table) => _pairs.TwoSteps.AddTo(query.Last, table);
}
