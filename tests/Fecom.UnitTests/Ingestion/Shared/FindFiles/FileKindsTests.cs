using System.Text;
using Fecom.Contracts;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.UnitTests.Ingestion.EventFiles.LoadEventFiles;
using Xunit;

namespace Fecom.UnitTests.Ingestion.Shared.FindFiles;

public sealed class FileKindsTests : IDisposable
{
    private const string Payments = "Order_ID;Payment_Sequential;Payment_Type;Payment_Installments;Payment_Value\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fecom-kinds-");
    private readonly FileKinds _kinds = new();

    [Theory]
    [InlineData("export.csv", Payments, "order_payments")]
    [InlineData("orders.csv", "a,b\n", "orders")]
    [InlineData("orders.csv", "", "orders")]
    [InlineData("events.csv", "a,b\n", null)]
    [InlineData("orders.csv", BehaviorCsv.Header + "\n", null)]
    [InlineData("events.csv", BehaviorCsv.Header + "\n", null)]
    public void TableOf_GoesByTheHeaderOfEventsThenByTheNameThenByAHeaderThatFits(
        string name,
        string content,
        string? table
    ) => Assert.Equal(table, _kinds.TableOf(Write(name, content))?.Name);

    [Fact]
    public void TableOf_WhenTheFileIsReplaced_LooksAgain()
    {
        Assert.Null(_kinds.TableOf(Write("export.csv", "Order_ID;Pay")));
        Assert.Equal(FecomTables.OrderPayments, _kinds.TableOf(Write("export.csv", Payments)));
    }

    [Fact]
    public void TableOf_AFileThatCannotBeRead_GoesByItsName()
    {
        string link = Path.Combine(_folder.FullName, "orders.csv");
        File.CreateSymbolicLink(link, Path.Combine(_folder.FullName, "nowhere"));
        Assert.Equal(FecomTables.Orders, _kinds.TableOf(link));
    }

    [Fact]
    public void TableOf_AFileThatCanBeReadAgain_LooksIntoItAlthoughItHasNotChanged()
    {
        string path = Write("orders.csv", BehaviorCsv.Header + "\n");
        using (new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None))
        {
            Assert.Throws<IOException>(() => File.OpenRead(path).Dispose());
            Assert.Equal(FecomTables.Orders, _kinds.TableOf(path));
        }

        Assert.Null(_kinds.TableOf(path));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes(content));
        return path;
    }
}
