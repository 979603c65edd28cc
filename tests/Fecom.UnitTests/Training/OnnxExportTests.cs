using Fecom.Learning.Boosting;
using Fecom.Learning.Purchase;
using Fecom.Training;
using Fecom.UnitTests.Learning.Purchase;
using Microsoft.Extensions.Configuration;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace Fecom.UnitTests.Training;

public sealed class OnnxExportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fecom-onnx-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ExportOnnx_WritesTheNewestVersionAndSaysWhatItsInputsAre()
    {
        BoostingOptions options = new() { Trees = 5, Threads = 1 };
        byte[] artifact = PurchaseTrainer
            .Train(GeneratedSessions.DataSet(1_000), options, null, TestContext.Current.CancellationToken)
            .Model.Save();
        foreach (string version in new[] { "2", "10" })
        {
            Directory.CreateDirectory(Path.Combine(_folder, "purchase", version));
        }

        await File.WriteAllBytesAsync(
            Path.Combine(_folder, "purchase", "10", "model.bin"),
            artifact,
            TestContext.Current.CancellationToken
        );
        string file = Path.Combine(_folder, "purchase.onnx");
        StringWriter log = new();

        await ExportAsync("purchase", null, file, log);

        Assert.StartsWith("purchase version 10 (", log.ToString(), StringComparison.Ordinal);
        Assert.Contains("category_path (both levels with a dot between)", log.ToString(), StringComparison.Ordinal);
        using InferenceSession session = new(file);
        Assert.Contains("Probability.output", session.OutputMetadata.Keys);
    }

    [Theory]
    [InlineData("recommender", null, "recommender cannot be written as ONNX; purchase can.")]
    [InlineData("purchase", 3, "There is no version 3 of purchase: no file ")]
    [InlineData("purchase", null, "There is no version of purchase in ")]
    public async Task ExportOnnx_WhenThereIsNothingToExport_SaysWhy(string name, int? version, string message)
    {
        string file = Path.Combine(_folder, "m.onnx");

        Exception refused = await Assert.ThrowsAnyAsync<Exception>(() =>
            ExportAsync(name, version, file, TextWriter.Null)
        );

        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task ExportOnnx_WhenTheSettingsNameAStoreThatCannotBe_SaysWhichSetting()
    {
        IConfiguration settings = new ConfigurationBuilder().AddInMemoryCollection([new("Models:Store", "s3")]).Build();

        InvalidDataException refused = await Assert.ThrowsAsync<InvalidDataException>(() =>
            TrainingModule.ExportOnnxAsync(
                settings,
                null,
                "purchase",
                null,
                Path.Combine(_folder, "m.onnx"),
                TextWriter.Null,
                TestContext.Current.CancellationToken
            )
        );

        Assert.Contains("Models:S3:Bucket is not set", refused.Message, StringComparison.Ordinal);
    }

    private Task ExportAsync(string name, int? version, string file, TextWriter log) =>
        TrainingModule.ExportOnnxAsync(
            new ConfigurationBuilder().Build(),
            _folder,
            name,
            version,
            file,
            log,
            TestContext.Current.CancellationToken
        );
}
