namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>Records of one kind that are not rows: how many, and the first few as examples.</summary>
internal sealed class Finding
{
    private const int MaxExamples = 5;

    public long Count { get; set; }

    public List<string> Examples { get; init; } = [];

    public void Add(Func<string> example)
    {
        if (Count++ < MaxExamples)
        {
            Examples.Add(example());
        }
    }
}

/// <summary>What a file contains beside its rows; whatever is left out is counted here.</summary>
internal sealed class Findings
{
    /// <summary>Lines that cannot be parsed. If such a line's key can be read, its row stays as it was.</summary>
    public Finding Malformed { get; init; } = new();

    /// <summary>Rows without any value.</summary>
    public Finding Empty { get; init; } = new();

    /// <summary>Rows with values and without a key.</summary>
    public Finding WithoutKey { get; init; } = new();

    /// <summary>Rows whose key occurs again further down; the last one counts.</summary>
    public Finding Duplicate { get; init; } = new();

    public Findings With(Finding duplicate) =>
        new()
        {
            Malformed = Malformed,
            Empty = Empty,
            WithoutKey = WithoutKey,
            Duplicate = duplicate,
        };
}
