using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fecom.Learning.Boosting;

/// <summary>The functions of LightGBM's C interface, as its header declares them: 0 when one succeeds.</summary>
internal static unsafe partial class LightGbmNative
{
    /// <summary>The type of numbers and fields.</summary>
    public const int Float32 = 0;

    private const string Library = "lib_lightgbm";

    /// <exception cref="InvalidOperationException">A function failed; the message is LightGBM's.</exception>
    public static void Check(int result)
    {
        if (result != 0)
        {
            throw new InvalidOperationException($"LightGBM: {Marshal.PtrToStringUTF8(GetLastError())}");
        }
    }

    [LibraryImport(Library, EntryPoint = "LGBM_GetLastError")]
    private static partial nint GetLastError();

    /// <summary>Bins rows by the bins of <paramref name="reference"/>; where that handle holds nothing, finds bins.</summary>
    [LibraryImport(Library, EntryPoint = "LGBM_DatasetCreateFromMat", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int DatasetCreateFromMat(
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
    public static partial int DatasetSetField(LightGbmDataset rows, string field, float* values, int count, int type);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetFree")]
    public static partial int DatasetFree(nint rows);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterCreate", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int BoosterCreate(LightGbmDataset rows, string parameters, out LightGbmBooster booster);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterAddValidData")]
    public static partial int BoosterAddValidData(LightGbmBooster booster, LightGbmDataset rows);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterUpdateOneIter")]
    public static partial int BoosterUpdateOneIter(LightGbmBooster booster, out int isFinished);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterGetNumPredict")]
    public static partial int BoosterGetNumPredict(LightGbmBooster booster, int data, out long count);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterGetPredict")]
    public static partial int BoosterGetPredict(LightGbmBooster booster, int data, out long count, double* values);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterFree")]
    public static partial int BoosterFree(nint booster);
}

/// <summary>Rows in LightGBM's memory, each number as that of its bin.</summary>
internal sealed class LightGbmDataset() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => LightGbmNative.DatasetFree(handle) == 0;
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
        bool isFreed = LightGbmNative.BoosterFree(handle) == 0;
        _kept.ForEach(rows => rows.DangerousRelease());
        return isFreed;
    }
}
