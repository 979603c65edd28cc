using System.IO.Compression;
using Fecom.Learning.Boosting;
using Microsoft.ML;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.LightGbm;
using Microsoft.ML.Transforms;

namespace Fecom.Learning.Purchase;

/// <summary>The purchase model as an ML.NET pipeline from the raw features to a probability: what stock ML.NET opens and ONNX is made of.</summary>
/// <remarks>
/// Inputs are <see cref="Inputs"/>. Categories go through a value mapping with what <see cref="PurchaseEncoder"/> learnt; the
/// encoder and this pipeline give the same numbers, and tests hold them to it.
/// </remarks>
internal static class PurchasePipeline
{
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly string[] Categories = ["category_code_level1", "category_path", "brand"];

    /// <summary>Puts the encoding before a trained predictor of <see cref="FeatureMatrix.Features"/>.</summary>
    public static byte[] Save(EncoderTables tables, PurchaseAlgorithm algorithm, ITransformer predictor)
    {
        MLContext ml = new(seed: 1);
        IDataView empty = ml.Data.LoadFromEnumerable<Inputs>([]);
        List<IEstimator<ITransformer>> steps =
        [
            Map(ml, "category_code_level1", tables.CategoryCodeLevel1, algorithm),
            Map(ml, "category_path", tables.CategoryPath, algorithm),
            Map(ml, "brand", tables.Brand, algorithm),
        ];
        List<string> columns =
        [
            Encoded("category_code_level1"),
            Encoded("category_path"),
            "event_weekday",
            "activity_count",
            "price",
            Encoded("brand"),
            "history",
        ];
        if (algorithm == PurchaseAlgorithm.LogisticRegression)
        {
            steps.AddRange(
                Categories.Select(category => Map(ml, Missing(category), category, [new Entry { Key = "", Value = 1 }]))
            );
            columns.AddRange(Categories.Select(Missing));
        }

        steps.Add(ml.Transforms.Concatenate(FeatureMatrix.Features, [.. columns]));
        ITransformer[] encoding = [.. steps.Select(step => step.Fit(empty))];
        using MemoryStream file = new();
        ml.Model.Save(new TransformerChain<ITransformer>([.. encoding, .. Flatten(predictor)]), empty.Schema, file);
        return AlwaysAlike(file);
    }

    /// <summary>Reads a pipeline and finds what it predicts with.</summary>
    /// <param name="file">What <see cref="Save"/> wrote.</param>
    /// <param name="algorithm">What is expected in it.</param>
    /// <param name="cover">Training rows a tree node; ML.NET does not keep them.</param>
    /// <exception cref="InvalidDataException">ML.NET cannot read it, or it holds something else.</exception>
    public static PurchaseScorer LoadScorer(ReadOnlyMemory<byte> file, PurchaseAlgorithm algorithm, int[] cover)
    {
        ITransformer[] steps = [.. Flatten(Load(new MLContext(seed: 1), file))];
        object? predictor = (steps[^1] as ISingleFeaturePredictionTransformer<object>)?.Model;
        return (algorithm, predictor) switch
        {
            (
                not PurchaseAlgorithm.LogisticRegression,
                CalibratedModelParametersBase<LightGbmBinaryModelParameters, PlattCalibrator> trees
            ) => new TreeScorer(TreeEnsemble.Of(trees).WithCover(cover)),
            (
                PurchaseAlgorithm.LogisticRegression,
                CalibratedModelParametersBase<LinearBinaryModelParameters, PlattCalibrator> linear
            ) when steps[^2] is NormalizingTransformer normalizer => LogisticBaseline.Scorer(
                normalizer,
                linear.SubModel
            ),
            _ => throw new InvalidDataException($"The pipeline does not end in {algorithm.Name()}."),
        };
    }

    /// <summary>Writes a pipeline as ONNX; outputs <c>Probability</c> and <c>Score</c>.</summary>
    public static void WriteOnnx(ReadOnlyMemory<byte> file, Stream onnx)
    {
        MLContext ml = new(seed: 1);
        ml.Model.ConvertToOnnx(Load(ml, file), ml.Data.LoadFromEnumerable<Inputs>([]), onnx, "Probability", "Score");
    }

    private static ITransformer Load(MLContext ml, ReadOnlyMemory<byte> file)
    {
        try
        {
            using MemoryStream stream = new(file.ToArray(), writable: false);
            return ml.Model.Load(stream, out _);
        }
        catch (Exception e)
            when (e
                    is InvalidOperationException
                        or FormatException
                        or InvalidDataException
                        or ArgumentException
                        or IOException
            )
        {
            throw new InvalidDataException("ML.NET cannot read the pipeline.", e);
        }
    }

    private static IEstimator<ITransformer> Map(
        MLContext ml,
        string category,
        IReadOnlyDictionary<string, float> differences,
        PurchaseAlgorithm algorithm
    )
    {
        float missing = algorithm == PurchaseAlgorithm.LogisticRegression ? 0 : TargetEncoding.Missing;
        IEnumerable<Entry> known = differences
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => new Entry { Key = pair.Key, Value = pair.Value });
        return Map(ml, Encoded(category), category, [new Entry { Key = "", Value = missing }, .. known]);
    }

    /// <summary>A key that is not in the map becomes 0.</summary>
    private static IEstimator<ITransformer> Map(MLContext ml, string output, string input, Entry[] entries)
    {
        IDataView map = ml.Data.LoadFromEnumerable(entries);
        return ml.Transforms.Conversion.MapValue(output, map, map.Schema["Key"], map.Schema["Value"], input);
    }

    private static string Encoded(string category) => $"{category}_encoded";

    private static string Missing(string category) => $"{category}_missing";

    private static IEnumerable<ITransformer> Flatten(ITransformer transformer) =>
        transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Flatten) : [transformer];

    /// <summary>The archive without what differs between two savings of one model: the times of its entries, and the order of a value map's blocks.</summary>
    private static byte[] AlwaysAlike(MemoryStream file)
    {
        using MemoryStream result = new();
        using (ZipArchive from = new(file, ZipArchiveMode.Read))
        using (ZipArchive to = new(result, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (ZipArchiveEntry entry in from.Entries)
            {
                ZipArchiveEntry copy = to.CreateEntry(entry.FullName);
                copy.LastWriteTime = NoTime;
                using Stream source = entry.Open();
                using MemoryStream content = new();
                source.CopyTo(content);
                byte[] bytes = content.ToArray();
                using Stream target = copy.Open();
                target.Write(
                    entry.FullName.EndsWith(".idv", StringComparison.Ordinal) ? ValueMapBlocks.InOrder(bytes) : bytes
                );
            }
        }

        return result.ToArray();
    }

    /// <summary>The pipeline's inputs. Text that is missing is empty.</summary>
    internal sealed class Inputs
    {
        [ColumnName("category_code_level1")]
        public string CategoryCodeLevel1 { get; set; } = "";

        /// <summary>First and second level with a dot between; empty when there is no second.</summary>
        [ColumnName("category_path")]
        public string CategoryPath { get; set; } = "";

        [ColumnName("event_weekday")]
        public float EventWeekday { get; set; }

        [ColumnName("activity_count")]
        public float ActivityCount { get; set; }

        [ColumnName("price")]
        public float Price { get; set; }

        [ColumnName("brand")]
        public string Brand { get; set; } = "";

        /// <summary>The numbers of <see cref="PurchaseFeatures.Names"/>; what is missing as <see cref="PurchaseFeatures.Missing"/> says.</summary>
        [ColumnName("history")]
        [VectorType(PurchaseFeatures.Count)]
        public float[] History { get; set; } = new float[PurchaseFeatures.Count];
    }

    private sealed class Entry
    {
        public string Key { get; set; } = "";

        public float Value { get; set; }
    }
}
