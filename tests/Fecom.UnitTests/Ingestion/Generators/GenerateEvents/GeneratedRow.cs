using System.Globalization;
using Fecom.Ingestion;

namespace Fecom.UnitTests.Ingestion.Generators.GenerateEvents;

internal sealed record GeneratedRow(
    DateTime Time,
    string Type,
    string Product,
    string MadeCategory,
    string Code,
    string Brand,
    double Price,
    string User,
    string Session
)
{
    public static GeneratedRow Parse(string line)
    {
        string[] f = line.Split(',');
        DateTime time = DateTime.ParseExact(f[0], "yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        return new(time, f[1], f[2], f[3], f[4], f[5], double.Parse(f[6], CultureInfo.InvariantCulture), f[7], f[8]);
    }
}

/// <summary>Generated files in a folder that goes away.</summary>
internal sealed class GeneratedFiles : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fecom-generate-");

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public string Generate(long events, long seed, string invalid = "0", string name = "events.csv")
    {
        string path = PathOf(name);
        GenerateEventsCommand.Run(events, seed, path, invalid, CancellationToken.None);
        return path;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
