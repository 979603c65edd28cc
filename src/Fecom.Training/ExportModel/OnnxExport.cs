using System.Globalization;
using Fecom.Learning.Purchase;

namespace Fecom.Training.ExportModel;

/// <summary>Writes a registered model as ONNX, offline: from the artifacts alone.</summary>
internal static class OnnxExport
{
    private const string Inputs =
        "Inputs of shape [rows, 1]: texts category_code_level1, category_path (both levels with a dot between) and brand, empty where "
        + "missing; numbers event_weekday (Monday 0), activity_count and price. history, of shape [rows, 38], holds ";

    private static string Outputs =>
        $"{string.Join(", ", PurchaseFeatures.Names.Zip(PurchaseFeatures.Missing, (name, missing) => string.Create(CultureInfo.InvariantCulture, $"{name} ({missing} where missing)")))}. Output: Probability.output.";

    /// <param name="models">The folder of artifacts, <c>Paths:Models</c>.</param>
    /// <param name="name">The model.</param>
    /// <param name="version">Its version; the newest when null.</param>
    /// <param name="file">Is written, or replaced once the model is read.</param>
    /// <param name="log">Says what was exported.</param>
    /// <exception cref="FileNotFoundException">There is no such version.</exception>
    /// <exception cref="InvalidDataException">The artifact cannot be read, or such a model cannot be written as ONNX.</exception>
    public static void Run(string models, string name, int? version, string file, TextWriter log)
    {
        if (name != PurchaseModel.Kind)
        {
            throw new InvalidDataException($"{name} cannot be written as ONNX; {PurchaseModel.Kind} can.");
        }

        int chosen = version ?? Newest(models, name);
        string artifact = Path.Combine(models, name, chosen.ToString(CultureInfo.InvariantCulture), "model.bin");
        if (!File.Exists(artifact))
        {
            throw new FileNotFoundException($"There is no version {chosen} of {name}: no file {artifact}.");
        }

        PurchaseModel model = PurchaseModel.Load(File.ReadAllBytes(artifact));
        using MemoryStream onnx = new();
        model.WriteOnnx(onnx);
        File.WriteAllBytes(file, onnx.ToArray());
        log.WriteLine($"{name} version {chosen} ({model.Algorithm.Name()}) is in {file}. {Inputs}{Outputs}");
    }

    private static int Newest(string models, string name)
    {
        DirectoryInfo folder = new(Path.Combine(models, name));
        int[] versions = folder.Exists
            ?
            [
                .. folder
                    .EnumerateDirectories()
                    .Select(version =>
                        int.TryParse(version.Name, CultureInfo.InvariantCulture, out int number) ? number : 0
                    ),
            ]
            : [];
        return versions is { Length: > 0 } && versions.Max() is > 0 and int newest
            ? newest
            : throw new FileNotFoundException(
                $"There is no version of {name} in {folder.FullName}; --models says where the artifacts are."
            );
    }
}
