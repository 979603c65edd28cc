using System.Globalization;
using Fecom.Learning.Purchase;
using Fecom.Platform.ObjectStore;

namespace Fecom.Training.ExportModel;

/// <summary>Writes a registered model as ONNX, offline: from the artifacts alone.</summary>
internal static class OnnxExport
{
    private const string Inputs =
        "Inputs of shape [rows, 1]: texts category_code_level1, category_path (both levels with a dot between) and brand, empty where "
        + "missing; numbers event_weekday (Monday 0), activity_count and price. history, of shape [rows, 42], holds ";

    private static string Outputs =>
        $"{string.Join(", ", PurchaseFeatures.Names.Zip(PurchaseFeatures.Missing, (name, missing) => string.Create(CultureInfo.InvariantCulture, $"{name} ({missing} where missing)")))}. Output: Probability.output.";

    /// <param name="models">The store of artifacts.</param>
    /// <param name="name">The model.</param>
    /// <param name="version">Its version; the newest when null.</param>
    /// <param name="file">Is written, or replaced once the model is read.</param>
    /// <param name="log">Says what was exported.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FileNotFoundException">There is no such version.</exception>
    /// <exception cref="InvalidDataException">The artifact cannot be read, or such a model cannot be written as ONNX.</exception>
    public static async Task RunAsync(
        IFileStore models,
        string name,
        int? version,
        string file,
        TextWriter log,
        CancellationToken cancellationToken
    )
    {
        if (name != PurchaseModel.Kind)
        {
            throw new InvalidDataException($"{name} cannot be written as ONNX; {PurchaseModel.Kind} can.");
        }

        int chosen = version ?? await FindNewestAsync(models, name, cancellationToken);
        string path = string.Create(CultureInfo.InvariantCulture, $"{name}/{chosen}/model.bin");
        byte[] artifact =
            await models.ReadAsync(path, cancellationToken)
            ?? throw new FileNotFoundException(
                $"There is no version {chosen} of {name}: no file {path} in {models.Place}."
            );
        PurchaseModel model = PurchaseModel.Load(artifact);
        using MemoryStream onnx = new();
        model.WriteOnnx(onnx);
        await File.WriteAllBytesAsync(file, onnx.ToArray(), cancellationToken);
        await log.WriteLineAsync($"{name} version {chosen} ({model.Algorithm.Name()}) is in {file}. {Inputs}{Outputs}");
    }

    private static async Task<int> FindNewestAsync(IFileStore models, string name, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> files = await models.ListAsync($"{name}/", cancellationToken);
        int newest = files
            .Select(file => file.Split('/') is [_, var folder, "model.bin"] ? folder : "")
            .Select(folder => int.TryParse(folder, CultureInfo.InvariantCulture, out int number) ? number : 0)
            .Append(0)
            .Max();
        return newest > 0
            ? newest
            : throw new FileNotFoundException(
                $"There is no version of {name} in {models.Place}; --models, Paths:Models and Models:Store say where the artifacts are."
            );
    }
}
