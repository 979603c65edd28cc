using System.Runtime.InteropServices;
using System.Text;

namespace Fecom.Benchmarks.Training;

/// <summary>LightGBM by its own C interface, as far as a baseline needs it: a matrix in, a model's text out.</summary>
internal static unsafe partial class LightGbmApi
{
    private const string Library = "lib_lightgbm";
    private const int Float32 = 0;

    /// <summary>Grows trees on a matrix and returns the model as LightGBM writes it.</summary>
    /// <param name="values">Row-major numbers.</param>
    /// <param name="labels">0 or 1 a row.</param>
    /// <param name="columns">Numbers a row.</param>
    /// <param name="trees">How many trees.</param>
    /// <param name="parameters">LightGBM's parameters, <c>name=value</c> with spaces between.</param>
    public static string Train(float[] values, float[] labels, int columns, int trees, string parameters)
    {
        nint matrix = 0;
        nint booster = 0;
        try
        {
            fixed (
                float* first = values,
                    label = labels
            )
            {
                Check(DatasetCreateFromMat(first, Float32, labels.Length, columns, 1, parameters, 0, out matrix));
                Check(DatasetSetField(matrix, "label", label, labels.Length, Float32));
            }

            Check(BoosterCreate(matrix, parameters, out booster));
            for (int tree = 0; tree < trees; tree++)
            {
                Check(BoosterUpdateOneIter(booster, out int isFinished));
                if (isFinished == 1)
                {
                    break;
                }
            }

            return Save(booster);
        }
        finally
        {
            if (booster != 0)
            {
                Check(BoosterFree(booster));
            }

            if (matrix != 0)
            {
                Check(DatasetFree(matrix));
            }
        }
    }

    private static string Save(nint booster)
    {
        Check(BoosterSaveModelToString(booster, 0, -1, 0, 0, out long length, null));
        byte[] text = new byte[length];
        fixed (byte* first = text)
        {
            Check(BoosterSaveModelToString(booster, 0, -1, 0, length, out _, first));
        }

        return Encoding.UTF8.GetString(text.AsSpan(..^1));
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
        out nint matrix
    );

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetSetField", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int DatasetSetField(nint matrix, string field, float* values, int count, int type);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetFree")]
    private static partial int DatasetFree(nint matrix);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterCreate", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int BoosterCreate(nint matrix, string parameters, out nint booster);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterUpdateOneIter")]
    private static partial int BoosterUpdateOneIter(nint booster, out int isFinished);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterSaveModelToString")]
    private static partial int BoosterSaveModelToString(
        nint booster,
        int firstIteration,
        int iterations,
        int importance,
        long capacity,
        out long length,
        byte* text
    );

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterFree")]
    private static partial int BoosterFree(nint booster);
}
