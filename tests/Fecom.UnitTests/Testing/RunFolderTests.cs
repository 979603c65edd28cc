using System.Globalization;
using Fecom.Testing;
using Xunit;

namespace Fecom.UnitTests.Testing;

public sealed class RunFolderTests : IDisposable
{
    private readonly string _parent = RunFolder.Create("parent");

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Fact]
    public void DeleteAbandoned_DeletesTheFoldersOfProcessesThatHaveEnded()
    {
        // No process can have this id: it is past the kernel's maximum, 2^22.
        string abandoned = CreateWithFile("fecom-pg-999999999-aB3xYz");
        string[] kept =
        [
            CreateWithFile(string.Create(CultureInfo.InvariantCulture, $"fecom-pg-{Environment.ProcessId}-aB3xYz")),
            CreateWithFile("fecom-data-999999999"),
            CreateWithFile("fecom-chaos-seed7-aB3xYz"),
            CreateWithFile("other-pg-999999999-aB3xYz"),
        ];

        RunFolder.DeleteAbandoned(_parent);

        Assert.False(Directory.Exists(abandoned));
        Assert.All(kept, folder => Assert.True(File.Exists(Path.Combine(folder, "data", "file")), folder));
    }

    private string CreateWithFile(string name)
    {
        string folder = Path.Combine(_parent, name);
        Directory.CreateDirectory(Path.Combine(folder, "data"));
        File.WriteAllText(Path.Combine(folder, "data", "file"), "1");
        return folder;
    }
}
