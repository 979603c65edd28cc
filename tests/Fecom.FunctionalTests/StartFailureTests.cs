using Fecom.Monolith;
using Fecom.Platform.Hosts;
using Fecom.Testing;
using Microsoft.Extensions.Options;

namespace Fecom.FunctionalTests;

/// <summary>How the process ends, and what it says then.</summary>
public sealed class StartFailureTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_end_that_nobody_asked_for_is_a_failure_and_a_stop_is_none()
    {
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        Assert.Equal(
            (1, "fecom: the host has ended although nobody stopped it; its log says why.\n"),
            await EndAsync(() => Task.CompletedTask, stopping.Token)
        );

        await stopping.CancelAsync();
        Assert.Equal((0, ""), await EndAsync(() => Task.CompletedTask, stopping.Token));
        Assert.Equal((0, ""), await EndAsync(() => Task.FromCanceled(stopping.Token), stopping.Token));
        AggregateException parts = new(new OperationCanceledException(), new TaskCanceledException());
        Assert.Equal((0, ""), await EndAsync(() => Task.FromException(parts), stopping.Token));
        Assert.Equal(1, (await EndAsync(() => Task.FromException(parts), Cancelled)).Code);
        AggregateException fault = new(new OperationCanceledException(), new InvalidOperationException());
        Assert.Equal(1, (await EndAsync(() => Task.FromException(fault), stopping.Token)).Code);
    }

    [Fact]
    public async Task What_a_person_can_mend_is_one_line_and_a_fault_of_ours_has_its_stack()
    {
        (int code, string output) = await EndAsync(() => throw new StartException("Kafka did not answer."), Cancelled);
        Assert.Equal((1, "fecom: Kafka did not answer.\n"), (code, output));

        (code, output) = await EndAsync(
            () => throw new OptionsValidationException("x", typeof(string), ["Kafka:Replicas is 0."]),
            Cancelled
        );
        Assert.Equal((1, "fecom: The configuration is not valid: Kafka:Replicas is 0.\n"), (code, output));

        (code, output) = await EndAsync(
            () => throw new InvalidOperationException("Sequence contains no elements"),
            Cancelled
        );
        Assert.Equal(1, code);
        Assert.Contains("Sequence contains no elements", output, StringComparison.Ordinal);
        Assert.Contains($"at {typeof(StartFailureTests).FullName}", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Logs__Json", "maybe", "Logs:Json is 'maybe': expected is true or false.")]
    [InlineData(
        "Logging__LogLevel__Default",
        "loud",
        "Logging:LogLevel:Default is 'loud'; it is one of Trace, Debug, Information"
    )]
    [InlineData("Logs__KeepFiles", "0", "Logs:KeepFiles is '0': expected is a whole number from 1 to 10,000.")]
    [InlineData(
        "Ingestion__Files__PolSeconds",
        "5",
        "There is no setting Ingestion:Files:PolSeconds. Is it Ingestion:Files:PollSeconds?"
    )]
    [InlineData("Jobs__EtlWorkers", "many", "Jobs:EtlWorkers is 'many': expected is a whole number from 0 to 64.")]
    [InlineData("RateLimits__jbos", "5", "RateLimits:jbos limits nothing. There are access, address, audit,")]
    [InlineData("ConnectionStrings__Postgres", "", "ConnectionStrings:Postgres is not set")]
    [InlineData(
        "ASPNETCORE_URLS",
        "http://0.0.0.0:0",
        "http://0.0.0.0:0 can be reached from other machines, and nobody would be asked to sign in. Set Access__Admin__Name"
    )]
    [InlineData("Access__Admin__Name", "root", "neither Access:Admin:Password nor Access:Admin:PasswordHash")]
    [InlineData("Access__OpenIdConnect__Authority", "http://shop.example", "Access:OpenIdConnect:ClientId is missing.")]
    public async Task A_setting_that_is_wrong_ends_the_start_in_one_line_that_names_it(
        string name,
        string value,
        string words
    )
    {
        await using HostProcess host = HostProcess.Start(
            "Host=127.0.0.1;Port=1",
            "127.0.0.1:1",
            "/nonexistent",
            (name, value)
        );

        await Poll.UntilAsync(
            () => Task.FromResult(host.ExitCode is not null),
            TimeSpan.FromSeconds(60),
            "the host did not end"
        );

        Assert.Equal(1, host.ExitCode);
        await Poll.UntilAsync(
            () => Task.FromResult(host.Output.Contains(words, StringComparison.Ordinal)),
            TimeSpan.FromSeconds(60),
            host.Output
        );
        Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_not_there_ends_the_start_in_one_line()
    {
        string connection = (await servers.Postgres.CreateDatabaseAsync()).Replace(
            "Database=",
            "Database=no_such_",
            StringComparison.OrdinalIgnoreCase
        );
        await using HostProcess host = HostProcess.Start(connection, "127.0.0.1:1", "/nonexistent");

        await Poll.UntilAsync(
            () => Task.FromResult(host.ExitCode is not null),
            TimeSpan.FromSeconds(60),
            "the host did not end"
        );

        Assert.Equal(1, host.ExitCode);
        await Poll.UntilAsync(
            () => Task.FromResult(host.Output.Contains("fecom: PostgreSQL:", StringComparison.Ordinal)),
            TimeSpan.FromSeconds(60),
            host.Output
        );
        Assert.Contains("ConnectionStrings:Postgres", host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> EndAsync(Func<Task> run, CancellationToken stopping)
    {
        await using StringWriter output = new() { NewLine = "\n" };
        return (await StartFailure.ReportAsync(run, output, stopping), output.ToString());
    }
}
