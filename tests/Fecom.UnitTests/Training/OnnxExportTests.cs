using Fecom.Learning.Boosting;
using Fecom.Learning.Purchase;
using Fecom.Training;
using Fecom.UnitTests.Learning.Purchase;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace Fecom.UnitTests.Training;

public sealed class OnnxExportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fecom-onnx-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ExportOnnx_WritesTheNewestVersionAndSaysWhatItsInputsAre()
    {
        BoostingOptions options = new() { Trees = 5, Threads = 1 };
        byte[] artifact = PurchaseTrainer
            .Train(GeneratedSessions.DataSet(1_000), options, null, TestContext.Current.CancellationToken)
            .Model.Save();
        foreach (string version in new[] { "2", "10" })
        {
            Directory.CreateDirectory(Path.Combine(_folder, "purchase", version));
        }

        File.WriteAllBytes(Path.Combine(_folder, "purchase", "10", "model.bin"), artifact);
        string file = Path.Combine(_folder, "purchase.onnx");
        StringWriter log = new();

        TrainingModule.ExportOnnx(_folder, "purchase", null, file, log);

        Assert.StartsWith("purchase version 10 (", log.ToString(), StringComparison.Ordinal);
        Assert.Contains("category_path (both levels with a dot between)", log.ToString(), StringComparison.Ordinal);
        using InferenceSession session = new(file);
        Assert.Contains("Probability.output", session.OutputMetadata.Keys);
    }

    [Theory]
    [InlineData("recommender", null, "recommender cannot be written as ONNX; purchase can.")]
    [InlineData("purchase", 3, "There is no version 3 of purchase: no file ")]
    [InlineData("purchase", null, "There is no version of purchase in ")]
    public void ExportOnnx_WhenThereIsNothingToExport_SaysWhy(string name, int? version, string message)
    {
        string file = Path.Combine(_folder, "m.onnx");

        Exception refused = Assert.ThrowsAny<Exception>(() =>
            TrainingModule.ExportOnnx(_folder, name, version, file, TextWriter.Null)
        );

        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
    }
}
