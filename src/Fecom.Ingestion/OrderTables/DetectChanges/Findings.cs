namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>Rows of one kind that are not taken as rows: how many, and the first few.</summary>
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

/// <summary>What a file holds beside its rows. Nothing is left out without a word.</summary>
internal sealed class Findings
{
    /// <summary>Lines that cannot be read. A row whose key such a line still shows is held as it was.</summary>
    public Finding Malformed { get; init; } = new();

    /// <summary>Rows without any value.</summary>
    public Finding Empty { get; init; } = new();

    /// <summary>Rows with values and without a key.</summary>
    public Finding WithoutKey { get; init; } = new();

    /// <summary>Rows whose key comes again further down; the last one counts.</summary>
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
