using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fecom.Learning.Boosting;

/// <summary>
/// LightGBM's C interface, as far as it does what ML.NET's trainer does not: bin rows once for many models, and say after each tree what it is
/// worth.
/// </summary>
/// <remarks>The library is the one that ML.NET trains with. Whoever calls waits its turn: see <see cref="LightGbmTraining"/>.</remarks>
internal static unsafe partial class LightGbmApi
{
    private const string Library = "lib_lightgbm";
    private const int Float32 = 0;

    /// <summary>Bins rows.</summary>
    /// <param name="rows">The rows. Their weights are taken over where they have some.</param>
    /// <param name="parameters">LightGBM's parameters, <c>name=value</c> with spaces between.</param>
    /// <param name="reference">Rows whose bins are used; null finds bins.</param>
    public static LightGbmDataset Bin(FeatureMatrix rows, string parameters, LightGbmDataset? reference = null)
    {
        LightGbmDataset binned;
        fixed (float* first = rows.Values)
        {
            Check(
                reference is null
                    ? DatasetCreateFromMat(first, Float32, rows.Rows, rows.Columns, 1, parameters, 0, out binned)
                    : DatasetCreateFromMat(
                        first,
                        Float32,
                        rows.Rows,
                        rows.Columns,
                        1,
                        parameters,
                        reference,
                        out binned
                    )
            );
        }

        SetField(binned, "label", Array.ConvertAll(rows.Labels, label => label ? 1f : 0f));
        if (rows.Weights is { } weights)
        {
            SetField(binned, "weight", weights);
        }

        return binned;
    }

    /// <summary>Begins to grow trees.</summary>
    /// <param name="train">Rows to learn from.</param>
    /// <param name="validation">Rows that are predicted after each tree; binned by those of <paramref name="train"/>.</param>
    /// <param name="parameters">LightGBM's parameters.</param>
    public static LightGbmBooster Begin(LightGbmDataset train, LightGbmDataset validation, string parameters)
    {
        Check(BoosterCreate(train, parameters, out LightGbmBooster booster));
        booster.Keep(train);
        booster.Keep(validation);
        Check(BoosterAddValidData(booster, validation));
        return booster;
    }

    /// <summary>Grows the next tree.</summary>
    /// <returns>Whether there was something to grow.</returns>
    public static bool Grow(LightGbmBooster booster)
    {
        Check(BoosterUpdateOneIter(booster, out int isFinished));
        return isFinished == 0;
    }

    /// <summary>What all trees so far say of the validation rows.</summary>
    /// <param name="booster">The trees.</param>
    /// <param name="probabilities">Takes one a row.</param>
    public static void Predict(LightGbmBooster booster, double[] probabilities)
    {
        Check(BoosterGetNumPredict(booster, 1, out long rows));
        if (probabilities.Length != rows)
        {
            throw new ArgumentException($"There are {rows} rows to predict.", nameof(probabilities));
        }

        fixed (double* first = probabilities)
        {
            Check(BoosterGetPredict(booster, 1, out _, first));
        }
    }

    private static void SetField(LightGbmDataset rows, string field, float[] values)
    {
        fixed (float* first = values)
        {
            Check(DatasetSetField(rows, field, first, values.Length, Float32));
        }
    }

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new InvalidOperationException($"LightGBM: {Marshal.PtrToStringUTF8(GetLastError())}");
        }
    }

    [LibraryImport(Library, EntryPoint = "LGBM_GetLastError")]
    private static partial nint GetLastError();

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetCreateFromMat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int DatasetCreateFromMat(
        float* values,
        int type,
        int rows,
        int columns,
        int isRowMajor,
        string parameters,
        nint reference,
        out LightGbmDataset binned
    );

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetCreateFromMat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int DatasetCreateFromMat(
        float* values,
        int type,
        int rows,
        int columns,
        int isRowMajor,
        string parameters,
        LightGbmDataset reference,
        out LightGbmDataset binned
    );

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetSetField", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int DatasetSetField(LightGbmDataset rows, string field, float* values, int count, int type);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetFree")]
    internal static partial int DatasetFree(nint rows);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterCreate", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int BoosterCreate(LightGbmDataset rows, string parameters, out LightGbmBooster booster);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterAddValidData")]
    private static partial int BoosterAddValidData(LightGbmBooster booster, LightGbmDataset rows);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterUpdateOneIter")]
    private static partial int BoosterUpdateOneIter(LightGbmBooster booster, out int isFinished);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterGetNumPredict")]
    private static partial int BoosterGetNumPredict(LightGbmBooster booster, int data, out long count);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterGetPredict")]
    private static partial int BoosterGetPredict(LightGbmBooster booster, int data, out long count, double* values);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterFree")]
    internal static partial int BoosterFree(nint booster);
}

/// <summary>Rows in LightGBM's memory, each number as that of its bin.</summary>
internal sealed class LightGbmDataset() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => LightGbmApi.DatasetFree(handle) == 0;
}

/// <summary>Trees that grow in LightGBM's memory. Their rows stay until they are gone.</summary>
internal sealed class LightGbmBooster() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    private readonly List<LightGbmDataset> _kept = [];

    /// <summary>Keeps rows that LightGBM reads for as long as the trees grow.</summary>
    public void Keep(LightGbmDataset rows)
    {
        bool isKept = false;
        rows.DangerousAddRef(ref isKept);
        _kept.Add(rows);
    }

    protected override bool ReleaseHandle()
    {
        bool isFreed = LightGbmApi.BoosterFree(handle) == 0;
        _kept.ForEach(rows => rows.DangerousRelease());
        return isFreed;
    }
}
