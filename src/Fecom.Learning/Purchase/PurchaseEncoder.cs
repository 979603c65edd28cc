using Fecom.Learning.Views;

namespace Fecom.Learning.Purchase;

/// <summary>Turns the features into numbers: categories and brand by <see cref="TargetEncoding"/>, the rest as they are, or as <see cref="PurchaseFeatures.Missing"/> says.</summary>
public sealed class PurchaseEncoder
{
    /// <summary>Numbers a row.</summary>
    public const int Columns = OriginalColumns + PurchaseFeatures.Count;

    /// <summary>The first of them: the features of the original model.</summary>
    public const int OriginalColumns = 6;

    private const int Folds = 5;

    /// <summary>Characters of a path that are put together on the stack; a longer one is a string.</summary>
    private const int MaxPathLength = 128;

    private readonly TargetEncoding _level1;
    private readonly TargetEncoding _level2;
    private readonly TargetEncoding _brand;

    private PurchaseEncoder(TargetEncoding level1, TargetEncoding level2, TargetEncoding brand, double baseRate)
    {
        _level1 = level1;
        _level2 = level2;
        _brand = brand;
        BaseRate = baseRate;
    }

    /// <summary>The features' names, in the order of the numbers.</summary>
    public static IReadOnlyList<string> FeatureNames { get; } =
    [.. PurchaseFeatures.OriginalNames, .. PurchaseFeatures.Names];

    /// <summary>Share of the training rows that were bought, by their weights.</summary>
    public double BaseRate { get; }

    /// <summary>Fits the encoder on training rows.</summary>
    public static PurchaseEncoder Fit(IReadOnlyList<PurchaseRow> rows) => Fit(rows, leftOut: -1);

    /// <summary>Writes the numbers of one row; a missing category is <see cref="TargetEncoding.Missing"/>.</summary>
    public void Encode(in PurchaseFeatures all, Span<float> numbers)
    {
        SessionFeatures features = all.Original;
        numbers[0] = _level1.Encode(features.CategoryCodeLevel1);
        numbers[1] = EncodePath(features);
        numbers[2] = features.EventWeekday;
        numbers[3] = features.ActivityCount;
        numbers[4] = (float)features.Price;
        numbers[5] = _brand.Encode(features.Brand);
        for (int i = 0; i < PurchaseFeatures.Count; i++)
        {
            numbers[OriginalColumns + i] = float.IsNaN(all.More[i]) ? PurchaseFeatures.Missing[i] : all.More[i];
        }
    }

    /// <summary>The numbers of rows that the encoder did not learn from.</summary>
    public float[] Encode(IReadOnlyList<PurchaseRow> rows)
    {
        float[] numbers = new float[rows.Count * Columns];
        for (int i = 0; i < rows.Count; i++)
        {
            Encode(rows[i].Features, numbers.AsSpan(i * Columns, Columns));
        }

        return numbers;
    }

    /// <summary>The numbers of the rows that are trained on: each row by an encoder that did not see its fold, so that no row's label is in its own features.</summary>
    public static float[] EncodeOutOfFold(IReadOnlyList<PurchaseRow> rows)
    {
        float[] numbers = new float[rows.Count * Columns];
        for (int fold = 0; fold < Folds; fold++)
        {
            PurchaseEncoder encoder = Fit(rows, fold);
            for (int i = 0; i < rows.Count; i++)
            {
                if (FoldOf(i) == fold)
                {
                    encoder.Encode(rows[i].Features, numbers.AsSpan(i * Columns, Columns));
                }
            }
        }

        return numbers;
    }

    internal EncoderTables ToTables() => new(BaseRate, _level1.Differences, _level2.Differences, _brand.Differences);

    internal static PurchaseEncoder FromTables(EncoderTables tables) =>
        new(
            TargetEncoding.From(tables.CategoryCodeLevel1),
            TargetEncoding.From(tables.CategoryPath),
            TargetEncoding.From(tables.Brand),
            tables.BaseRate
        );

    private static PurchaseEncoder Fit(IReadOnlyList<PurchaseRow> rows, int leftOut)
    {
        double baseRate =
            rows.Sum(row => row.IsPurchased ? (double)row.Weight : 0) / rows.Sum(row => (double)row.Weight);
        return new PurchaseEncoder(
            TargetEncoding.Fit(rows, row => row.Features.Original.CategoryCodeLevel1, baseRate, FoldOf, leftOut),
            TargetEncoding.Fit(rows, row => Path(row.Features.Original), baseRate, FoldOf, leftOut),
            TargetEncoding.Fit(rows, row => row.Features.Original.Brand, baseRate, FoldOf, leftOut),
            baseRate
        );
    }

    /// <summary>Rows of a session are neighbours, so a fold takes runs of rows.</summary>
    private static int FoldOf(int row) => row / 64 % Folds;

    /// <summary>The second level within the first: <c>accessories</c> of clothes are not those of phones. Null when there is none.</summary>
    internal static string? Path(in SessionFeatures features) =>
        string.IsNullOrEmpty(features.CategoryCodeLevel2)
            ? null
            : $"{features.CategoryCodeLevel1}.{features.CategoryCodeLevel2}";

    /// <summary>As by <see cref="Path"/>, without a string a prediction.</summary>
    private float EncodePath(in SessionFeatures features)
    {
        Span<char> path = stackalloc char[MaxPathLength];
        return
            !string.IsNullOrEmpty(features.CategoryCodeLevel2)
            && path.TryWrite($"{features.CategoryCodeLevel1}.{features.CategoryCodeLevel2}", out int length)
            ? _level2.Encode(path[..length])
            : _level2.Encode(Path(features));
    }
}

/// <summary>What an encoder has learnt, as it lies in an artifact.</summary>
internal sealed record EncoderTables(
    double BaseRate,
    IReadOnlyDictionary<string, float> CategoryCodeLevel1,
    IReadOnlyDictionary<string, float> CategoryPath,
    IReadOnlyDictionary<string, float> Brand
);
