using System.Globalization;

namespace Fecom.Warehouse.Lake;

/// <summary>A folder for files on their way, removed with all that is in it.</summary>
internal sealed class LocalFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fecom-lake-");
    private int _files;

    /// <summary>A name that is free.</summary>
    public string File() =>
        Path.Combine(_folder.FullName, (++_files).ToString(CultureInfo.InvariantCulture) + ".parquet");

    public void Dispose() => _folder.Delete(recursive: true);
}
