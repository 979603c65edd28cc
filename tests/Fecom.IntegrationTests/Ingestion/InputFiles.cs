using System.IO.Compression;
using System.Text;
using Fecom.Ingestion;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>An input folder that goes away, and generated files in it.</summary>
internal sealed class InputFiles : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fecom-input-");

    public InputFiles() => Directory.CreateDirectory(PathOf(""));

    public string Data => _folder.FullName;

    public string PathOf(string name) => Path.Combine(_folder.FullName, "raw", name);

    /// <summary>The bytes of a generated file.</summary>
    public byte[] Generated(long events, long seed = 1, string invalid = "0")
    {
        string path = Path.Combine(_folder.FullName, "generated");
        GenerateEventsCommand.Run(events, seed, path, invalid, CancellationToken.None);
        return File.ReadAllBytes(path);
    }

    /// <summary>Puts a file there in one step, as a file that nobody writes to.</summary>
    public void Put(string name, byte[] content)
    {
        string part = Path.Combine(_folder.FullName, "part");
        File.WriteAllBytes(part, content);
        File.Move(part, PathOf(name), overwrite: true);
    }

    public void Append(string name, byte[] content)
    {
        using FileStream file = new(PathOf(name), FileMode.Append);
        file.Write(content);
    }

    public static byte[] Zip(byte[] content)
    {
        using MemoryStream zipped = new();
        using (GZipStream gzip = new(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return zipped.ToArray();
    }

    /// <summary>What must become of each line: its number and its session, or the line itself when it does not fit.</summary>
    public static SortedDictionary<long, string> Lines(byte[] content)
    {
        SortedDictionary<long, string> lines = [];
        string[] all = Encoding.Latin1.GetString(content).Split('\n');
        for (int i = 1; i < all.Length - 1; i++)
        {
            lines.Add(i + 1, Ascii.IsValid(all[i]) && all[i].Split(',') is { Length: 9 } fields ? fields[8] : all[i]);
        }

        return lines;
    }

    /// <summary>The same of what the sink has.</summary>
    public static SortedDictionary<long, string> Lines(SortedDictionary<long, string> taken) =>
        new(taken.ToDictionary(e => e.Key, e => e.Value.StartsWith('{') ? SessionOf(e.Value) : e.Value));

    public void Dispose() => _folder.Delete(recursive: true);

    private static string SessionOf(string json) =>
        System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("user_session").ToString();
}
