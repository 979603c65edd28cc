using System.Globalization;
using System.Text;
using Fecom.Learning.Artifacts;
using Fecom.Learning.Purchase;

namespace Fecom.Training.TellMlflow;

/// <summary>A file of a version.</summary>
/// <param name="Name">Its name below the version's folder.</param>
/// <param name="Bytes">The file.</param>
internal sealed record VersionFile(string Name, byte[] Bytes);

/// <summary>The files by which other programs use a version.</summary>
internal static class VersionFiles
{
    /// <summary>The folder of a version's files among the artifacts of its run.</summary>
    public const string Folder = "model";

    /// <summary>Fecom's own artifact; of the purchase model also ONNX, ML.NET's file, and MLflow's description of the ONNX.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="artifact">The version's artifact.</param>
    /// <param name="run">MLflow's id of the run that made it.</param>
    /// <param name="createdAt">When it was registered, UTC.</param>
    public static IReadOnlyList<VersionFile> Of(string model, byte[] artifact, string run, DateTime createdAt)
    {
        VersionFile own = new("model.bin", artifact);
        // Another release may have made a version that was not told until now: its format is not known here.
        if (model != PurchaseModel.Kind || ModelArtifact.Describe(artifact).Format != PurchaseModel.Format)
        {
            return [own];
        }

        using MemoryStream onnx = new();
        PurchaseModel.Load(artifact).WriteOnnx(onnx);
        return
        [
            own,
            new VersionFile("model.onnx", onnx.ToArray()),
            new VersionFile("mlnet.zip", PurchaseModel.PipelineOf(artifact)),
            new VersionFile("MLmodel", Encoding.UTF8.GetBytes(Describe(run, createdAt))),
        ];
    }

    /// <summary>MLflow's file beside a model: what opens it, and what goes in and comes out.</summary>
    private static string Describe(string run, DateTime createdAt)
    {
        string[] inputs =
        [
            Tensor("category_code_level1", "object", 1),
            Tensor("category_path", "object", 1),
            Tensor("event_weekday", "float32", 1),
            Tensor("activity_count", "float32", 1),
            Tensor("price", "float32", 1),
            Tensor("brand", "object", 1),
            Tensor("history", "float32", PurchaseFeatures.Count),
        ];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            artifact_path: {Folder}
            flavors:
              onnx:
                code: null
                data: model.onnx
                onnx_version: 1.17.0
                providers:
                - CPUExecutionProvider
            run_id: {run}
            signature:
              inputs: '[{string.Join(", ", inputs)}]'
              outputs: '[{Tensor("Probability.output", "float32", 1)}]'
            utc_time_created: '{createdAt:yyyy-MM-dd HH:mm:ss.ffffff}'

            """
        );
    }

    private static string Tensor(string name, string type, int width) =>
        $$$"""{"name": "{{{name}}}", "type": "tensor", "tensor-spec": {"dtype": "{{{type}}}", "shape": [-1, {{{width}}}]}}""";
}
