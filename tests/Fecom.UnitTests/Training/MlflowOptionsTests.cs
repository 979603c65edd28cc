using Fecom.Training;
using Fecom.Training.TellMlflow;
using Fecom.Training.TrackRuns;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace Fecom.UnitTests.Training;

public sealed class MlflowOptionsTests
{
    [Theory]
    [InlineData(null, null, null, null, null)]
    [InlineData("https://mlflow:5000/", null, null, null, null)]
    [InlineData("https://mlflow:5000", "token", null, null, null)]
    [InlineData("https://mlflow:5000", null, "user", "password", null)]
    [InlineData("mlflow:5000", null, null, null, "MLflow:TrackingUri is an http or https address.")]
    [InlineData("https://mlflow", "token", "user", "password", "MLflow:Token and MLflow:Username are both set")]
    [InlineData("https://mlflow", null, "user", null, "MLflow:Username and MLflow:Password go together")]
    public void Validate_NamesWhatDoesNotGoTogether(
        string? uri,
        string? token,
        string? user,
        string? password,
        string? problem
    )
    {
        MlflowOptions options = new()
        {
            TrackingUri = uri,
            Token = token,
            Username = user,
            Password = password,
        };

        string? failure = new MlflowOptionsValidator().Validate(null, options).FailureMessage;

        if (problem is null)
        {
            Assert.Null(failure);
        }
        else
        {
            Assert.Contains(problem, failure, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Health_SaysForHowLongNothingWasTaken_ThenWhatWasRefused_ThenWhatIsToBeTold()
    {
        DateTime now = new(2026, 11, 27, 12, 0, 0, DateTimeKind.Utc);
        MlflowState away = new(3, now.AddHours(-26), "it does not answer", 5, "no room");

        HealthCheckResult[] found =
        [
            MlflowHealthCheck.Of(away, now),
            MlflowHealthCheck.Of(away with { Since = null }, now),
            MlflowHealthCheck.Of(away with { Since = null, RefusedRun = null }, now),
        ];

        Assert.Equal(
            [
                (
                    HealthStatus.Degraded,
                    "MLflow has taken nothing since 2026-11-26 10:00:00 UTC, for 1.02:00:00; 3 finished trainings wait: it does not answer"
                ),
                (
                    HealthStatus.Degraded,
                    "MLflow did not take all of training 5, which is told again when a host starts: no room"
                ),
                (HealthStatus.Healthy, "3 finished trainings are to be told"),
            ],
            found.Select(one => (one.Status, one.Description!))
        );
    }

    [Theory]
    [InlineData("completed", "FINISHED")]
    [InlineData("failed", "FAILED")]
    [InlineData("cancelled", "KILLED")]
    public void Record_NamesTheEndAsMLflowDoes_AndKeepsWithinItsLimits(string state, string status)
    {
        TrainingRunAnswer run = new(
            4,
            "train_recommender",
            state,
            DateTime.UnixEpoch,
            DateTime.UnixEpoch.AddSeconds(2),
            2,
            "progress",
            new string('e', 6_000),
            null,
            17,
            "1.0",
            null,
            new Dictionary<string, string> { ["window"] = new('w', 501) },
            new Dictionary<string, double>()
        );

        Assert.Equal(status, MlflowRecord.StatusOf(run));
        Assert.Equal(
            [("window", 500), ("seed", 2)],
            MlflowRecord.Parameters(run).Select(parameter => (parameter.Key, parameter.Value.Length))
        );
        Assert.All(MlflowRecord.Tags(run), tag => Assert.InRange(tag.Value.Length, 1, 5_000));
        Assert.DoesNotContain(MlflowRecord.Tags(run), tag => tag.Key == "fecom_data_fingerprint");
    }
}
