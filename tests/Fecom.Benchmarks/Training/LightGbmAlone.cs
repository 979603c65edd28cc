using System.Runtime.InteropServices;
using System.Text;
using Fecom.Learning.Boosting;
using static Fecom.Learning.Boosting.LightGbmNative;

namespace Fecom.Benchmarks.Training;

/// <summary>LightGBM by its own C interface, as the baseline: a matrix in, a model's text out.</summary>
internal static unsafe partial class LightGbmAlone
{
    /// <summary>Grows trees on a matrix and returns the model as LightGBM writes it.</summary>
    /// <param name="values">Row-major numbers.</param>
    /// <param name="labels">0 or 1 a row.</param>
    /// <param name="columns">Numbers a row.</param>
    /// <param name="trees">How many trees.</param>
    /// <param name="parameters">LightGBM's parameters, <c>name=value</c> with spaces between.</param>
    public static string Train(float[] values, float[] labels, int columns, int trees, string parameters)
    {
        LightGbmDataset matrix;
        using LightGbmDataset none = new();
        fixed (float* first = values)
        {
            Check(DatasetCreateFromMat(first, Float32, labels.Length, columns, 1, parameters, none, out matrix));
        }

        using (matrix)
        {
            fixed (float* label = labels)
            {
                Check(DatasetSetField(matrix, "label", label, labels.Length, Float32));
            }

            Check(BoosterCreate(matrix, parameters, out LightGbmBooster booster));
            using (booster)
            {
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
        }
    }

    private static string Save(LightGbmBooster booster)
    {
        Check(BoosterSaveModelToString(booster, 0, -1, 0, 0, out long length, null));
        byte[] text = new byte[length];
        fixed (byte* first = text)
        {
            Check(BoosterSaveModelToString(booster, 0, -1, 0, length, out _, first));
        }

        return Encoding.UTF8.GetString(text.AsSpan(..^1));
    }

    [LibraryImport("lib_lightgbm", EntryPoint = "LGBM_BoosterSaveModelToString")]
    private static partial int BoosterSaveModelToString(
        LightGbmBooster booster,
        int firstIteration,
        int iterations,
        int importance,
        long capacity,
        out long length,
        byte* text
    );
}
