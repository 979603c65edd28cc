using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fecom.Learning.XGBoost;

/// <summary>XGBoost's C API, as far as it is used; every function is in 1.7 and in 3.0. A result other than 0 is an error.</summary>
internal static unsafe partial class NativeMethods
{
    static NativeMethods() => XGBoostLibrary.EnsureResolver();

    /// <summary>Throws what XGBoost says of a failed call on this thread.</summary>
    public static void Check(int result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != 0)
        {
            string name = call.Split('(')[0].Split('.')[^1];
            throw new XGBoostException($"{name}: {Marshal.PtrToStringUTF8(XGBGetLastError())}");
        }
    }

    [LibraryImport(XGBoostLibrary.Name)]
    public static partial void XGBoostVersion(out int major, out int minor, out int patch);

    [LibraryImport(XGBoostLibrary.Name)]
    public static partial nint XGBGetLastError();

    [LibraryImport(XGBoostLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int XGDMatrixCreateFromDense(byte* data, string config, out nint matrix);

    [LibraryImport(XGBoostLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int XGDMatrixSetFloatInfo(MatrixHandle matrix, string field, float* values, ulong length);

    [LibraryImport(XGBoostLibrary.Name)]
    public static partial int XGDMatrixFree(nint matrix);

    [LibraryImport(XGBoostLibrary.Name)]
    public static partial int XGBoosterCreate(nint* matrices, ulong length, out nint booster);

    [LibraryImport(XGBoostLibrary.Name)]
    public static partial int XGBoosterFree(nint booster);

    [LibraryImport(XGBoostLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int XGBoosterSetParam(BoosterHandle booster, string name, string value);

    [LibraryImport(XGBoostLibrary.Name)]
    public static partial int XGBoosterUpdateOneIter(BoosterHandle booster, int iteration, MatrixHandle train);

    [LibraryImport(XGBoostLibrary.Name)]
    public static partial int XGBoosterEvalOneIter(
        BoosterHandle booster,
        int iteration,
        nint* matrices,
        byte** names,
        ulong length,
        out nint text
    );

    [LibraryImport(XGBoostLibrary.Name)]
    public static partial int XGBoosterSlice(BoosterHandle booster, int begin, int end, int step, out nint slice);

    [LibraryImport(XGBoostLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int XGBoosterSaveModelToBuffer(
        BoosterHandle booster,
        string config,
        out ulong length,
        out byte* bytes
    );

    [LibraryImport(XGBoostLibrary.Name)]
    public static partial int XGBoosterLoadModelFromBuffer(BoosterHandle booster, byte* bytes, ulong length);

    [LibraryImport(XGBoostLibrary.Name)]
    public static partial int XGBoosterGetNumFeature(BoosterHandle booster, out ulong features);

    [LibraryImport(XGBoostLibrary.Name)]
    public static partial int XGBoosterBoostedRounds(BoosterHandle booster, out int rounds);

    [LibraryImport(XGBoostLibrary.Name)]
    public static partial int XGBoosterPredictFromDense(
        BoosterHandle booster,
        byte* values,
        byte* config,
        nint proxy,
        out ulong* shape,
        out ulong dimensions,
        out float* result
    );

    [LibraryImport(XGBoostLibrary.Name)]
    public static partial int XGBoosterPredictFromDMatrix(
        BoosterHandle booster,
        MatrixHandle matrix,
        byte* config,
        out ulong* shape,
        out ulong dimensions,
        out float* result
    );
}
