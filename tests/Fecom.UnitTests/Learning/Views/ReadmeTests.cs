using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Testing;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

/// <summary>The README's example of a new view is the file beside this one, so it compiles and its view keeps what every view keeps (<see cref="FeatureViewTests"/>).</summary>
public sealed class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(
        Path.Combine(Repository.Root, "src", "Fecom.Learning", "README.md")
    );

    [Fact]
    public void Example_IsTheFileThatTheTestsRun()
    {
        string file = File.ReadAllText(
            Path.Combine(Repository.Root, "tests", "Fecom.UnitTests", "Learning", "Views", "DepartmentView.cs")
        );
        string example = file.Replace("using Fecom.Learning.Views;\n", "", StringComparison.Ordinal)
            .Replace(
                "namespace Fecom.UnitTests.Learning.Views;",
                "namespace Fecom.Learning.Views;",
                StringComparison.Ordinal
            );

        Assert.Contains($"```csharp\n{example}```", Readme, StringComparison.Ordinal);
    }

    [Fact]
    public void Example_WhenItsLineIsAdded_ReadsAsTheOthersDo()
    {
        DepartmentView view = new();
        BehaviorEvent e = Events.Of(BehaviorEventType.Purchase, "p", price: 12.50m);
        EntityState state = view.Create();
        state.Step(e);

        FeatureValue[] values = FeatureViewTests.ValuesOf(view, view.Unpack(state.Pack(1)), e.EventTime.AddDays(2));

        Assert.Equal("electronics", view.EntityOf(e));
        Assert.Equal(["1", "12.5", "2"], values.Select(value => value.ToString()));
    }

    [Fact]
    public void Line_NamesTheViewsThatThereAre()
    {
        string line = string.Concat(
            "[",
            string.Join(
                ", ",
                FeatureViews.All.Select(view => view.GetType().Name.Replace("View", "", StringComparison.Ordinal))
            ),
            ", new DepartmentView()];"
        );

        Assert.Contains(line, Readme, StringComparison.Ordinal);
    }
}
