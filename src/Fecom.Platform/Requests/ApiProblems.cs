using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fecom.Platform.Requests;

/// <summary>The two ways in which a call names something wrong: a thing in its path that is not there, or a parameter or field that cannot be.</summary>
public static class ApiProblems
{
    /// <summary>404: the path names a thing that is not there.</summary>
    /// <param name="thing">What kind of thing, such as <c>job</c>.</param>
    /// <param name="detail">Which one, and which there are.</param>
    public static ProblemHttpResult Unknown(string thing, string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status404NotFound, title: $"Unknown {thing}");

    /// <summary>400: a parameter, or a field of the body, is not as it must be, or names a thing that is not there.</summary>
    /// <param name="field">Its name as the caller writes it.</param>
    /// <param name="message">What it can be.</param>
    public static ValidationProblem Invalid(string field, string message) =>
        TypedResults.ValidationProblem(
            new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [message] }
        );
}
